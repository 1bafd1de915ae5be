"""The databases that tools read and write, by the name of their kind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from layerzoo.data.leveldb_records import LevelDBRecords, new_leveldb
from layerzoo.data.lmdb_records import LMDBRecords, new_lmdb
from layerzoo.data.records import Records
from layerzoo.errors import DataError, UsageError

LMDB, LEVELDB = "lmdb", "leveldb"
BACKENDS = (LMDB, LEVELDB)

Put = Callable[[bytes, bytes], None]


def open_records(path: str | Path, backend: str) -> Records:
    """The records of a database, ``lmdb`` or ``leveldb``.

    Raises:
        UsageError: there is no such kind of database.
        DataError: it is missing, empty or damaged.
    """
    _check(backend)
    try:
        return LMDBRecords(path) if backend == LMDB else LevelDBRecords(path)
    except OSError as error:
        raise DataError(f"{path}: no {backend}: {error.strerror or error}") from None


def new_records(path: str | Path, backend: str) -> AbstractContextManager[Put]:
    """A database to be filled inside the block by a function that takes a key and a value.

    It appears when the block is left, or not at all where the block raises.

    Raises:
        UsageError: there is no such kind of database.
        DataError: something stands at ``path``: as in Caffe, a database is never written over.
    """
    _check(backend)
    if Path(path).exists():
        raise DataError(f"{path} is already there; remove it, or name another")
    return new_lmdb(path) if backend == LMDB else new_leveldb(path)


def _check(backend: str) -> None:
    if backend not in BACKENDS:
        raise UsageError(f"no database of kind '{backend}'; there are {' and '.join(BACKENDS)}")
