"""Read and write LevelDB, Caffe's first default database, with the optional package plyvel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from layerzoo.atomic import atomic_path
from layerzoo.data.records import Records
from layerzoo.errors import DataError, MissingExtraError


class LevelDBRecords(Records):
    """The records of a LevelDB.

    Opening one iterates over all keys to count them, since LevelDB stores no count.

    Args:
        path: folder of the database.

    Raises:
        FileNotFoundError: the folder is missing or not a LevelDB.
        DataError: the database is damaged, empty, or in use by another process.
        MissingExtraError: plyvel is not installed.
    """

    service = "leveldb"

    def __init__(self, path: str | Path) -> None:
        _plyvel()
        super().__init__(Path(path))
        if not len(self):
            raise DataError(f"{self.path}: the LevelDB is empty; expected at least one record")

    def missing(self) -> str:
        """What to say of a record that the database counts and doesn't hold."""
        return f"missing, though {len(self)} were counted"


@contextmanager
def new_leveldb(path: str | Path) -> Iterator[Callable[[bytes, bytes], None]]:
    """Create a LevelDB; yields a function that writes a key and a value.

    The database replaces an existing one when the block ends; if the block raises, nothing is written.

    Raises:
        OSError: the folder can't be written.
        MissingExtraError: plyvel is not installed.
    """
    plyvel = _plyvel()
    with atomic_path(path) as folder:
        database = plyvel.DB(str(folder), create_if_missing=True)
        try:
            yield database.put
        finally:
            database.close()


def _plyvel() -> Any:
    try:
        import plyvel
    except ImportError:
        raise MissingExtraError("LevelDB", "leveldb") from None
    return plyvel
