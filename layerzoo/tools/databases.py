"""Open and create the databases that tools read and write, by backend: lmdb or leveldb."""

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
    """Open the records of a database, ``lmdb`` or ``leveldb``.

    Raises:
        UsageError: the backend is unknown.
        DataError: the database is missing, empty or damaged.
    """
    _check(backend)
    try:
        return LMDBRecords(path) if backend == LMDB else LevelDBRecords(path)
    except OSError as error:
        raise DataError(f"{path}: can't open {backend}: {error.strerror or error}") from None


def new_records(path: str | Path, backend: str) -> AbstractContextManager[Put]:
    """Create a database; inside the block, call the yielded function with keys and values.

    The database appears at ``path`` when the block ends, and not at all if the block raises.

    Raises:
        UsageError: the backend is unknown.
        DataError: ``path`` already exists; as in Caffe, a database is never overwritten.
    """
    _check(backend)
    if Path(path).exists():
        raise DataError(f"{path} already exists; remove it, or choose another path")
    return new_lmdb(path) if backend == LMDB else new_leveldb(path)


def _check(backend: str) -> None:
    if backend not in BACKENDS:
        raise UsageError(f"unknown database backend '{backend}'; expected {' or '.join(BACKENDS)}")
