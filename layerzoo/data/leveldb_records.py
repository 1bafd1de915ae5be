"""Read and write LevelDB, Caffe's first default database, with the optional package plyvel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from layerzoo.atomic import atomic_path
from layerzoo.data.records import Records, Shared
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

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        self._database = _OPEN.get(self.path, _Database)
        if not len(self):
            raise DataError(f"{self.path}: the LevelDB is empty; expected at least one record")

    def __len__(self) -> int:
        return self._database.entries

    def failure(self, index: int, error: Exception) -> Exception | None:
        """A DataError with the record's name; None if ``error`` doesn't come from LevelDB."""
        if isinstance(error, StopIteration):
            return DataError(f"{self.name(index)}: missing, though {len(self)} were counted")
        from_leveldb = isinstance(error, _plyvel().Error)
        return DataError(f"{self.name(index)}: {error}") if from_leveldb else None

    def _values(self, start: int) -> Iterator[bytes]:
        values: Iterator[bytes] = self._database.db.iterator(include_key=False)
        return islice(values, start, None)


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


class _Database:
    """An open LevelDB, shared by its readers; it closes when the last one drops it."""

    def __init__(self, path: Path) -> None:
        plyvel = _plyvel()
        if not (path / "CURRENT").exists():
            raise FileNotFoundError(2, "not a LevelDB (file CURRENT is missing)", str(path))
        try:
            self.db: Any = plyvel.DB(str(path), create_if_missing=False)
            self.entries = sum(1 for _ in self.db.iterator(include_value=False))
        except plyvel.Error as error:
            raise DataError(f"{path}: damaged, in use, or not a LevelDB: {error}") from None


_OPEN = Shared()


def _plyvel() -> Any:
    try:
        import plyvel
    except ImportError:
        raise MissingExtraError("LevelDB", "leveldb") from None
    return plyvel
