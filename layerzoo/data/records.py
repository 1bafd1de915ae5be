"""Base class of readers of Caffe's databases: records in the order of their keys."""

from __future__ import annotations

import os
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from weakref import WeakValueDictionary, finalize

from layerzoo.errors import DataError
from layerzoo.reader.block import Block
from layerzoo.reader.database import Database
from layerzoo.reader.failures import RecordError

D = TypeVar("D")
_PLACE = re.compile(r"\A[0-9]{8,20}_(?=.)", re.DOTALL)
"""What ``convert_imageset`` and ``layerzoo data import`` write before the name of a file."""


class Records(ABC):
    """The records of one database, optimised for sequential reading; others are found by an index of keys.

    A process of its own reads the database, since a damaged one can kill the process that reads it.

    Args:
        path: the database.
        shared: path of the database by which its readers share it.

    Attributes:
        service: name of the reader's service.

    Raises:
        OSError: the database is missing.
        DataError: the database is damaged or empty.
    """

    service: ClassVar[str]

    def __init__(self, path: Path, shared: Path | None = None) -> None:
        self.path = path
        self._database = _OPEN[self.service].get(shared or path, partial(Database, self.service))
        self._cursor = self._database.cursor()
        self._keys: tuple[int, list[bytes]] = 0, []
        finalize(self, self._database.drop, self._cursor).atexit = False

    def __len__(self) -> int:
        return self._database.entries

    @abstractmethod
    def missing(self) -> str:
        """What to say of a record that the database counts and doesn't hold."""

    def read(self, indices: Sequence[int]) -> list[bytes]:
        """Read the values of the records with these indices.

        Raises:
            DataError: the database is damaged.
        """
        return list(self.block(indices))

    def block(self, indices: Sequence[int]) -> Block:
        """Read the values of the records with these indices, without a copy; see `Block`.

        Raises:
            DataError: the database is damaged.
        """
        try:
            return self._database.block(self._cursor, indices)
        except RecordError as error:
            raise self._unreadable(error) from None

    def key(self, index: int) -> str:
        """The key of a record, without the number of the place that importers write before a file's name.

        So it is the same when files are added. Bytes that are not UTF-8 become lone surrogates. The keys that
        follow it are kept, so that going through all of them in order takes one pass.

        Raises:
            DataError: the database is damaged.
        """
        start, keys = self._keys
        if not start <= index < start + len(keys):
            try:
                self._keys = start, keys = index, self._database.keys(index)
            except RecordError as error:
                raise self._unreadable(error) from None
        return _PLACE.sub("", keys[index - start].decode(errors="surrogateescape"))

    def name(self, index: int) -> str:
        """The name of a record in error messages."""
        return f"{self.path}: record {index}"

    def close(self) -> None:
        """Stop reading; the database closes with its last reader."""
        self._database.drop(self._cursor)

    def _unreadable(self, error: RecordError) -> DataError:
        why = self.missing() if error.why is None else error.why
        return DataError(f"{self.name(error.index)}: {why}")


class Shared:
    """Open databases by path; each is opened once per process, as LMDB and LevelDB require."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[Path, Any] = WeakValueDictionary()
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._renew_lock)

    def get(self, path: Path, opener: Callable[[Path], D]) -> D:
        """The database at ``path``, opened by ``opener`` unless open; closes with its last reference."""
        path = path.resolve()
        with self._lock:
            database: D | None = self._open.get(path)
            if database is None:
                database = self._open[path] = opener(path)
            return database

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()


_OPEN = {"lmdb": Shared(), "leveldb": Shared()}
