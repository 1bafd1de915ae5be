"""Base class of readers of Caffe's databases: records in the order of their keys."""

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
    """The records of one database, optimised for sequential reading; random access iterates over the keys.

    Args:
        path: folder of the database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values_ahead: Iterator[Any] | None = None
        self._next = 0

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _values(self, start: int) -> Iterator[bytes]:
        """The values from record ``start`` on."""

    @abstractmethod
    def failure(self, index: int, error: Exception) -> Exception | None:
        """The exception to raise for ``error`` while reading a record; None to raise ``error`` itself."""

    def read(self, indices: Sequence[int]) -> list[bytes]:
        """Read the values of the records with these indices.

        Raises:
            DataError: the database is damaged.
        """
        return [self._value(index) for index in indices]

    def name(self, index: int) -> str:
        """The name of a record in error messages."""
        return f"{self.path}: record {index}"

    def close(self) -> None:
        """Stop reading; the database closes with its last reader."""
        self._values_ahead = None

    def _value(self, index: int) -> bytes:
        try:
            if self._values_ahead is None or index < self._next:
                self._values_ahead = self._values(index)
            elif index > self._next:
                next(islice(self._values_ahead, index - self._next - 1, None))
            value: bytes = next(self._values_ahead)
        except Exception as error:
            self._values_ahead = None
            raise self.failure(index, error) or error from None
        self._next = index + 1
        return value


class Shared:
    """Open databases by path; each is opened once per process, as LMDB and LevelDB require."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[Path, Any] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, path: Path, opener: Callable[[Path], D]) -> D:
        """The database at ``path``, opened by ``opener`` unless open; closes with its last reference."""
        path = path.resolve()
        with self._lock:
            database: D | None = self._open.get(path)
            if database is None:
                database = self._open[path] = opener(path)
            return database
