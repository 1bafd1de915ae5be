"""Read and write LMDB, the database that most of Caffe's data sets use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import lmdb

from layerzoo.atomic import atomic_path
from layerzoo.data.records import Records, Shared
from layerzoo.errors import DataError

_FIRST_MAP = 1 << 26
_PUTS_A_TRANSACTION = 1000


class LMDBRecords(Records):
    """The records of an LMDB.

    Args:
        path: folder of the database, or its file.

    Raises:
        FileNotFoundError: the database is missing.
        DataError: the database is damaged, truncated or empty.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        # one key per database, by folder or by file: lmdb 2 opens a database only once per process
        is_data_file = self.path.name == "data.mdb" and self.path.is_file()
        self._env = _OPEN.get(self.path.parent if is_data_file else self.path, _Environment)
        if not len(self):
            raise DataError(f"{self.path}: the LMDB is empty; expected at least one record")

    def __len__(self) -> int:
        return self._env.entries

    def failure(self, index: int, error: Exception) -> Exception | None:
        """A DataError with the record's name; None if ``error`` doesn't come from LMDB."""
        if isinstance(error, StopIteration):
            return DataError(f"{self.name(index)}: missing, though the database counts {len(self)} records")
        return DataError(f"{self.name(index)}: {error}") if isinstance(error, lmdb.Error) else None

    def _values(self, start: int) -> Iterator[bytes]:
        return _values(self._env, start)


def write_lmdb(path: str | Path, records: Iterable[tuple[bytes, bytes]]) -> int:
    """Write keys and values to a new LMDB, atomically.

    Args:
        path: folder to create; an existing one is replaced.
        records: keys and values; they are read back in the order of the keys.

    Returns:
        number of records written.

    Raises:
        OSError: the folder can't be written.
    """
    count = 0
    with new_lmdb(path) as put:
        for count, (key, value) in enumerate(records, 1):  # noqa: B007 (counts the records)
            put(key, value)
    return count


@contextmanager
def new_lmdb(path: str | Path) -> Iterator[Callable[[bytes, bytes], None]]:
    """Create an LMDB; yields a function that writes a key and a value.

    The database replaces an existing one when the block ends; if the block raises, nothing is written.
    """
    size = _FIRST_MAP
    batch: list[tuple[bytes, bytes]] = []

    def write() -> None:
        nonlocal size
        while not _put(env, batch):
            size *= 2
            env.set_mapsize(size)
        batch.clear()

    def put(key: bytes, value: bytes) -> None:
        batch.append((key, value))
        if len(batch) >= _PUTS_A_TRANSACTION:
            write()

    with atomic_path(path) as folder:
        folder.mkdir()
        with lmdb.open(str(folder), map_size=size, sync=False, lock=False) as env:
            yield put
            write()
            env.sync(True)


class _Environment:
    """An open LMDB, shared by its readers; it closes when the last one drops it.

    It has no ``__del__``, which would run while weak references are still valid: another thread could take
    a database that is being closed.
    """

    def __init__(self, path: Path) -> None:
        file = path / "data.mdb" if path.is_dir() else path
        size = file.stat().st_size
        try:
            self.lmdb = lmdb.open(str(path), subdir=path.is_dir(), readonly=True, lock=False, readahead=True)
        except lmdb.Error as error:
            if "already open in this process" in str(error):
                raise DataError(
                    f"{file}: already open in this process, by other code; lmdb {lmdb.__version__} opens a "
                    "database only once: close it there first, or install lmdb before 2: "
                    "pip install 'layerzoo[pycaffe]'"
                ) from None
            raise DataError(f"{file}: damaged, or not an LMDB: {error}") from None
        # reading past the end of a mapped file kills the process, so the size is checked first
        needed = (self.lmdb.info()["last_pgno"] + 1) * self.lmdb.stat()["psize"]
        if size < needed:
            self.lmdb.close()
            raise DataError(f"{file}: truncated: {size} bytes, expected {needed}; copy it again")
        self.entries: int = self.lmdb.stat()["entries"]


_OPEN = Shared()


def _values(env: _Environment, start: int) -> Iterator[bytes]:
    """The values from record ``start`` on; a function, so that the iterator does not refer to its reader."""
    with env.lmdb.begin() as transaction, transaction.cursor() as cursor:
        if not start:
            yield from cursor.iternext(keys=False)
        # iterating over keys alone doesn't load the pages of the values
        elif next(islice(cursor.iternext(values=False), start - 1, None), None) is not None:
            while cursor.next():
                yield cursor.value()


def _put(env: lmdb.Environment, batch: list[tuple[bytes, bytes]]) -> bool:
    """Write records in one transaction; False, with nothing written, if the map is too small."""
    try:
        with env.begin(write=True) as transaction:
            for key, value in batch:
                transaction.put(key, value)
    except lmdb.MapFullError:
        return False
    return True
