"""A database that is read by a reader process, in batches and ahead of what is asked for."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from operator import lt
from pathlib import Path
from typing import TypeVar
from weakref import finalize

import numpy as np

from layerzoo.errors import DataError
from layerzoo.reader import sandbox
from layerzoo.reader.block import Block, Bytes
from layerzoo.reader.failures import RecordError
from layerzoo.reader.process import Reader, ReaderError, take
from layerzoo.reader.protocol import Part

log = logging.getLogger("layerzoo")

R = TypeVar("R")

MAX_RESTARTS = 5
"""How often a reader that was ended from outside is started again."""
_BYTES_AHEAD = 1 << 22
"""Bytes that are read ahead, about."""
_MOST_AHEAD = 2048
"""Records that are read ahead at most, unless a batch is larger."""
_LONGEST_STEP = 256
"""The longest step from record to record in which reading ahead is worth it."""
_MAX_ANSWER = (1 << 30) + (1 << 26)


class _Ahead:
    """The records of a cursor that have been read before somebody needs them.

    Attributes:
        blocks: indices, values and how many were used, in the order in which they are likely to be needed.
        before: the last two indices that the caller asked for.
    """

    def __init__(self) -> None:
        self.blocks: deque[tuple[list[int], Block, int]] = deque()
        self.before: list[int] = []


class Database:
    """A database in a reader process; several cursors share the process.

    Args:
        service: ``lmdb`` or ``leveldb``.
        path: the database.

    Attributes:
        entries: number of records.

    Raises:
        OSError: the database is missing.
        DataError: the database is damaged.
        MissingExtraError: its library is not installed.
    """

    def __init__(self, service: str, path: Path) -> None:
        self.path = path
        self._service = service
        self._lock, self._pid = threading.Lock(), os.getpid()
        self._cursors = itertools.count()
        self._ahead: dict[int, _Ahead] = {}
        self._asked: tuple[int, list[int], Bytes | None] | None = None
        self._dropped: deque[int] = deque()
        self._restarts = 0
        self._finalizer = finalize(self, int)
        self._reader = self._open()
        entries, self._size = (self._reader.facts.get(name) for name in ("entries", "size"))
        if type(entries) is not int or entries < 0:
            raise DataError(f"{path}: {self._reader.invalid('no number of records')}")
        self.entries = entries

    def cursor(self) -> int:
        """A new cursor, for a reader that goes through the database by itself."""
        return next(self._cursors)

    def drop(self, cursor: int) -> None:
        """Forget a cursor; may be called from any thread."""
        self._dropped.append(cursor)
        self._ahead.pop(cursor, None)

    def read(self, cursor: int, indices: Sequence[int]) -> list[bytes]:
        """The values of the records with these indices.

        Raises:
            RecordError, DataError: see `block`.
        """
        return list(self.block(cursor, indices))

    def block(self, cursor: int, indices: Sequence[int]) -> Block:
        """The values of the records with these indices, where the process has written them.

        Raises:
            RecordError: a record can't be read.
            DataError: the database can't be read.
        """
        return self._tried(lambda: self._in_order(cursor, list(indices)))

    def keys(self, start: int) -> list[bytes]:
        """The keys of the records from ``start`` on: of as many as one answer holds, but at least of one.

        Raises:
            RecordError, DataError: see `block`.
        """
        return self._tried(lambda: self._keys(start))

    def _tried(self, function: Callable[[], R]) -> R:
        """What a function returns that asks the reader; one that was ended from outside is started again."""
        if self._pid != os.getpid():  # forked: the lock may be held for ever, and the reader is the parent's
            self._lock, self._pid = threading.Lock(), os.getpid()
            self._end()
        with self._lock:
            while True:
                try:
                    return function()
                except ReaderError as error:
                    self._end()
                    if not error.external or self._restarts >= MAX_RESTARTS:
                        raise RecordError(error.item, self._why(error)) from None
                    self._restarts += 1
                    log.warning("%s: the process that reads it %s; started again", self.path, error)
                except MemoryError:
                    raise DataError(f"{self.path}: a record needs more memory than there is") from None

    def _in_order(self, cursor: int, indices: list[int]) -> Block:
        """The values of records; those of a random order are read in ascending order, by one iteration."""
        if all(map(lt, indices, indices[1:])) or _step(indices, self.entries):
            return self._values(cursor, indices)
        ascending, places = np.unique(indices, return_inverse=True)
        return self._values(cursor, ascending.tolist()).chosen(places)

    def _keys(self, start: int) -> list[bytes]:
        self._renew()
        if self._asked is not None:
            with suppress(RecordError):  # whoever needs the record asks again
                self._take()
        _, parts = self._reader.call("keys", {"start": start}, limit=_MAX_ANSWER)
        if not 0 < len(parts) <= self.entries - start:
            raise self._reader.invalid(f"{len(parts)} keys of {self.entries - start} records")
        return [bytes(part) for part in parts]

    def _renew(self) -> None:
        """Start a reader if there is none that this process can use."""
        if not self._reader.usable:
            self._end()
            self._reader = self._open()
            if self._reader.facts.get("entries") != self.entries:
                raise DataError(f"{self.path}: it has changed while it was read")

    def _values(self, cursor: int, indices: list[int]) -> Block:
        self._renew()
        ahead = self._ahead.setdefault(cursor, _Ahead())
        parts: list[Block] = []
        done = 0
        while done < len(indices):
            if not ahead.blocks:
                if not self._is_asked(cursor, indices[done]):
                    self._ask(cursor, indices[done:])
                self._take()
            at, block, used = ahead.blocks.popleft()
            count = _in_common(at, used, indices, done)
            if count:
                parts.append(block.part(used, used + count))
                done, used = done + count, used + count
            if used == len(at):
                continue
            if done < len(indices):  # another record is asked for than was likely
                ahead.blocks.clear()
            else:
                ahead.blocks.appendleft((at, block, used))
        values = Block.joined(parts)
        self._read_ahead(cursor, ahead, indices, values)
        ahead.before = [*ahead.before, *indices][-2:]
        return values

    def _read_ahead(self, cursor: int, ahead: _Ahead, indices: list[int], values: Block) -> None:
        """Ask for the records that are likely to be needed next; the process reads them meanwhile."""
        if self._asked is not None:
            return
        size = max(1, len(values.data) // len(values))
        count = max(len(indices), min(_MOST_AHEAD, _BYTES_AHEAD // size))
        if sum(len(at) - used for at, _, used in ahead.blocks) >= count:
            return
        if step := _step([*ahead.before, *indices], self.entries):
            last = ahead.blocks[-1][0][-1] if ahead.blocks else indices[-1]
            self._ask(cursor, [(last + step * n) % self.entries for n in range(1, count + 1)])

    def _ask(self, cursor: int, indices: list[int]) -> None:
        """Ask for records; the answer to an earlier question is taken first."""
        if self._asked is not None:
            with suppress(RecordError):  # whoever needs the record asks again
                self._take()
        dropped = [self._dropped.popleft() for _ in range(len(self._dropped))]
        question = {"cursor": cursor, "indices": indices, "drop": dropped}
        place = self._reader.places.take()
        self._reader.ask("read", question if place is None else {**question, "place": place[0]})
        self._asked = cursor, indices, None if place is None else place[1]

    def _is_asked(self, cursor: int, index: int) -> bool:
        """Whether the answer that is on its way begins with a record for a cursor."""
        return self._asked is not None and self._asked[0] == cursor and self._asked[1][0] == index

    def _take(self) -> None:
        """Take the answer that is on its way, for the cursor that asked."""
        assert self._asked is not None
        (cursor, indices, place), self._asked = self._asked, None
        head, parts = self._reader.answer(_MAX_ANSWER)
        block = _written(parts, place) if "written" in head else Block.of(parts)
        if block is None:
            raise self._reader.invalid("sizes that can't be")
        if not 0 < len(block) <= len(indices):
            raise self._reader.invalid(f"{len(block)} values for {len(indices)} records")
        if cursor in self._ahead:
            self._ahead[cursor].blocks.append((indices[: len(block)], block, 0))

    def _open(self) -> Reader:
        try:
            setup = {"path": str(self.path)}
            is_boxed = sandbox.is_on()
            reader = (
                sandbox.started(self._service, self.path, setup) if is_boxed else take(self._service, setup)
            )
        except ReaderError as error:
            raise DataError(f"{self.path}: damaged: the process that opens it {error}") from None
        except MemoryError:
            raise DataError(f"{self.path}: damaged: opening it needs more memory than there is") from None
        self._finalizer.detach()
        # a LevelDB is closed at once, since it is locked while it is open
        self._finalizer = finalize(
            self, reader.retire if self._service == "lmdb" and not is_boxed else reader.close
        )
        self._finalizer.atexit = False
        return reader

    def _end(self) -> None:
        self._reader.close()
        self._ahead.clear()
        self._asked = None

    def _why(self, error: ReaderError) -> str:
        """What to say of a record whose reader died."""
        file = self.path / "data.mdb" if self.path.is_dir() else self.path
        with suppress(OSError):
            size = file.stat().st_size
            if isinstance(self._size, int) and size < self._size:
                return f"the file was cut from {self._size} to {size} bytes while it was read; copy it again"
        return f"damaged: the process that reads it {error}"


def _step(indices: list[int], entries: int) -> int:
    """The step from index to index, from the end on to the start; 0 if there is no such pattern."""
    steps = {(b - a) % entries for a, b in pairwise(indices)}
    step = steps.pop() if len(steps) == 1 and len(indices) > 2 else 0
    return step if step <= _LONGEST_STEP else 0


def _in_common(at: list[int], used: int, indices: list[int], done: int) -> int:
    """How many indices two lists have in common, from a place of each on."""
    count = min(len(at) - used, len(indices) - done)
    one, other = at[used : used + count], indices[done : done + count]
    return count if one == other else next(n for n in range(count) if one[n] != other[n])


def _written(parts: Sequence[Part], place: Bytes | None) -> Block | None:
    """The values that were written into a place; None if that can't be."""
    if place is None or len(parts) != 1 or len(parts[0]) % 8:
        return None
    sizes = np.frombuffer(parts[0], np.int64)
    if not len(sizes) or sizes.min() < 0 or sizes.max() > len(place) or sizes.sum() > len(place):
        return None
    return Block(place[: sizes.sum()], sizes)
