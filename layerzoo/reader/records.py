"""The services of databases: values by the index of their record, in the order of the keys."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Final

from layerzoo.reader.cursor import Cursor
from layerzoo.reader.failures import RecordError
from layerzoo.reader.key_index import KeyIndex
from layerzoo.reader.protocol import Message, Part
from layerzoo.reader.serve import Answer, Progress, Service

MAX_VALUE = 1 << 30
"""The largest value that is read; a Datum can't be larger than 2 GB."""
_ENOUGH = 1 << 25
"""Bytes after which an answer ends, even if more records were asked for."""
_MOST_KEYS: Final = 1 << 12
"""Keys of an answer."""
_MAX_KEY: Final = 1 << 20
"""Bytes of the longest key that is read; LMDB's are 511 at most."""
_LONGEST_STEP: Final = 64
"""Records from one to the next up to which iterating costs less than finding it by its key."""
_REPORT_EVERY: Final = 4096


class RecordsService(Service):
    """A database, opened once, with cursors for each of its readers.

    A record is found by the nearest key before it in an index, which grows with what is passed. There is none
    where keys have an order of their own, or are damaged: then records are counted from the first.
    """

    calls: ClassVar = ("read", "keys")

    def __init__(self, setup: dict[str, Any], progress: Progress) -> None:
        self.progress = progress
        self.path = Path(setup["path"])
        self.is_locked_down = setup.get("sandbox") is not None
        self._cursors: dict[int, Cursor] = {}
        self._index: KeyIndex | None = KeyIndex()
        self._last = b""
        self.entries, self.size = self.open()

    @abstractmethod
    def open(self) -> tuple[int, int]:
        """Open the database; returns its number of records, and the size of its file."""

    @abstractmethod
    def values(self, start: int) -> Iterator[Part]:
        """The values from record ``start`` on; each is valid until the next.

        Raises:
            RecordError: a record can't be read.
        """

    @abstractmethod
    def keys_from(self, start: int) -> Iterator[Part]:
        """The keys from record ``start`` on; each is valid until the next.

        Raises:
            RecordError: a record can't be read.
        """

    def nearest(self, start: int) -> tuple[int, bytes | None]:
        """A record at or before ``start``, and its key; None for the first record."""
        if self._index is None or not self._index.count:
            return 0, None
        return self._index.before(start)

    def passed(self, at: int, key: Part) -> None:
        """Remember the key of a record that was passed on the way to another."""
        if at and at % _REPORT_EVERY == 0:
            self.progress.goes_on()
        if self._index is None or at != self._index.count:
            return
        previous, self._last = self._last, bytes(key)
        if at and self._last <= previous:
            self.forget_keys()  # damaged: a key doesn't say which record it is of
        else:
            self._index.add(key)

    def forget_keys(self) -> None:
        """Find no record by its key from now on."""
        self._index = None

    def facts(self) -> dict[str, Any]:
        """The number of records, and the size of the file in bytes."""
        return {"entries": self.entries, "size": self.size}

    def close(self) -> None:
        """Close the database."""
        self._cursors.clear()

    def read(self, question: Message) -> Answer:
        """The values of some records; fewer than asked for if they are large, but at least one.

        They are written into a place if the question names one; the answer then is their sizes.
        """
        for number in question.head["drop"]:
            self._cursors.pop(number, None)
        cursor = self._cursors.setdefault(question.head["cursor"], Cursor(self.values, _LONGEST_STEP))
        indices, number = question.head["indices"], question.head.get("place")
        if number is not None:
            sizes = self._write(cursor, indices, self.progress.place(number))
            if sizes:
                return {"written": True}, [sizes.tobytes()]
        values: list[Part] = []
        size = 0
        for index in indices:
            self.progress.item(index)
            value = cursor.read(index)
            if value is None:
                raise RecordError(index, None)
            values.append(bytes(value))
            size += len(value)
            if size > _ENOUGH:
                break
        return {}, values

    def keys(self, question: Message) -> Answer:
        """The keys of the records from ``start`` on, as many as an answer holds, but at least one."""
        start: int = question.head["start"]
        keys: list[Part] = []
        size = 0
        self.progress.item(start)
        for key in islice(self.keys_from(start), _MOST_KEYS):
            if len(key) > _MAX_KEY:
                raise RecordError(
                    start + len(keys), f"a key of {len(key):,} bytes; at most {_MAX_KEY:,} are read"
                )
            keys.append(bytes(key))
            size += len(key)
            if size > _ENOUGH:
                break
        if not keys:
            raise RecordError(start, None)
        return {}, keys

    def _write(self, cursor: Cursor, indices: Sequence[int], place: memoryview) -> array[int]:
        """Write the values of records into a place, as far as they fit; returns the size of each."""
        sizes, at, room = array("q"), 0, len(place)
        item, read = self.progress.item, cursor.read
        for index in indices:
            item(index)
            value = read(index)
            if value is None:
                raise RecordError(index, None)
            end = at + len(value)
            if end > room:
                cursor.keep(value)
                break
            place[at:end] = value
            sizes.append(end - at)
            at = end
        return sizes
