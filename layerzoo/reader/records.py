"""The services of databases: values by the index of their record, in the order of the keys."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from layerzoo.reader.cursor import Cursor
from layerzoo.reader.failures import RecordError
from layerzoo.reader.protocol import Message, Part
from layerzoo.reader.serve import Answer, Progress, Service

MAX_VALUE = 1 << 30
"""The largest value that is read; a Datum can't be larger than 2 GB."""
_ENOUGH = 1 << 25
"""Bytes after which an answer ends, even if more records were asked for."""


class RecordsService(Service):
    """A database, opened once, with cursors for each of its readers."""

    calls: ClassVar = ("read",)

    def __init__(self, setup: dict[str, Any], progress: Progress) -> None:
        self.progress = progress
        self.path = Path(setup["path"])
        self.is_locked_down = setup.get("sandbox") is not None
        self._cursors: dict[int, Cursor] = {}
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
        cursor = self._cursors.setdefault(question.head["cursor"], Cursor(self.values))
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
