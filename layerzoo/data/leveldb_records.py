"""Reading and writing LevelDB, the default database of Caffe's early days, by the optional plyvel."""

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

    It is counted once, by a walk over all of it, as the database doesn't keep a count.

    Args:
        path: its folder.

    Raises:
        FileNotFoundError: there is none.
        DataError: it is damaged, empty, or in use by another process.
        MissingExtraError: plyvel is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        self._held = _OPEN.get(self.path, _Database)
        if not len(self):
            raise DataError(f"{self.path}: a LevelDB without a record")

    def __len__(self) -> int:
        return self._held.entries

    def failure(self, index: int, error: Exception) -> Exception | None:
        """A DataError that names the record."""
        if isinstance(error, StopIteration):
            return DataError(f"{self.name(index)}: missing, though {len(self)} were counted")
        ours = isinstance(error, _plyvel().Error)
        return DataError(f"{self.name(index)}: {error}") if ours else None

    def _values(self, start: int) -> Iterator[bytes]:
        values: Iterator[bytes] = self._held.db.iterator(include_key=False)
        return islice(values, start, None)


@contextmanager
def new_leveldb(path: str | Path) -> Iterator[Callable[[bytes, bytes], None]]:
    """A new LevelDB, to be filled inside the block by a function that takes a key and a value.

    It appears when the block is left, replacing one that is there, or not at all where the block raises.

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
    """An open LevelDB, shared by its readers; it closes when the last one lets go of it."""

    def __init__(self, path: Path) -> None:
        plyvel = _plyvel()
        if not (path / "CURRENT").exists():
            raise FileNotFoundError(2, "no LevelDB (no file CURRENT in it)", str(path))
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
