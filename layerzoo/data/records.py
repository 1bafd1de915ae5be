"""Databases of records in the order of their keys, which Caffe packs data sets into."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

D = TypeVar("D")


class Records(ABC):
    """The records of one database; made for reading in order, going elsewhere costs a walk over the keys.

    Args:
        path: the database's folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._walk: Iterator[Any] | None = None
        self._next = 0

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _values(self, start: int) -> Iterator[bytes]:
        """The values from record ``start`` on."""

    @abstractmethod
    def failure(self, index: int, error: Exception) -> Exception | None:
        """What to raise for ``error``, met while reading a record; None where it is not the database's."""

    def read(self, indices: Sequence[int]) -> list[bytes]:
        """The values of those records.

        Raises:
            DataError: the database is damaged.
        """
        return [self._value(index) for index in indices]

    def name(self, index: int) -> str:
        """What an error calls that record."""
        return f"{self.path}: record {index}"

    def close(self) -> None:
        """End the reading; the database itself closes with its last reader."""
        self._walk = None

    def _value(self, index: int) -> bytes:
        try:
            if self._walk is None or index < self._next:
                self._walk = self._values(index)
            elif index > self._next:
                next(islice(self._walk, index - self._next - 1, None))
            value: bytes = next(self._walk)
        except Exception as error:
            self._walk = None
            raise self.failure(index, error) or error from None
        self._next = index + 1
        return value


class Shared:
    """Open databases by path, each opened once in a process, as LMDB and LevelDB demand."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[Path, Any] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, path: Path, opener: Callable[[Path], D]) -> D:
        """The database at ``path``, opened by ``opener`` if no one holds it; closes with its last holder."""
        path = path.resolve()
        with self._lock:
            held: D | None = self._open.get(path)
            if held is None:
                held = self._open[path] = opener(path)
            return held
