"""Reading and writing LMDB, the database that Caffe's data sets mostly come in."""

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
        path: its folder (or the file itself).

    Raises:
        FileNotFoundError: there is none.
        DataError: it is damaged, cut short, or empty.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path))
        # a database has one key, however it is named: newer lmdb opens it once in a process
        named_by_file = self.path.name == "data.mdb" and self.path.is_file()
        self._env = _OPEN.get(self.path.parent if named_by_file else self.path, _Environment)
        if not len(self):
            raise DataError(f"{self.path}: an LMDB without a record")

    def __len__(self) -> int:
        return self._env.entries

    def failure(self, index: int, error: Exception) -> Exception | None:
        """A DataError that names the record."""
        if isinstance(error, StopIteration):
            return DataError(f"{self.name(index)}: missing, though the database says it holds {len(self)}")
        return DataError(f"{self.name(index)}: {error}") if isinstance(error, lmdb.Error) else None

    def _values(self, start: int) -> Iterator[bytes]:
        return _values(self._env, start)


def write_lmdb(path: str | Path, records: Iterable[tuple[bytes, bytes]]) -> int:
    """Pack keys and values into a new LMDB; it appears whole or not at all.

    Args:
        path: the folder to make; one that is there is replaced.
        records: keys and values; they are read back in the order of the keys.

    Returns:
        How many records were written.

    Raises:
        OSError: the folder can't be written.
    """
    count = 0
    with new_lmdb(path) as put:
        for count, (key, value) in enumerate(records, 1):  # noqa: B007 (how many is what is wanted)
            put(key, value)
    return count


@contextmanager
def new_lmdb(path: str | Path) -> Iterator[Callable[[bytes, bytes], None]]:
    """A new LMDB, to be filled inside the block by a function that takes a key and a value.

    As `write_lmdb`: it appears when the block is left, or not at all where the block raises.
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
    """An open LMDB, shared by its readers.

    It closes when the last one lets go of it. A ``__del__`` would run before the weak references to it die,
    and another thread could get hold of a database that is being closed.
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
                    "database once: close it there first, or install lmdb before 2: "
                    "pip install 'layerzoo[pycaffe]'"
                ) from None
            raise DataError(f"{file}: damaged, or not an LMDB: {error}") from None
        # reading beyond the end of a mapped file kills the process, so it is never tried
        needed = (self.lmdb.info()["last_pgno"] + 1) * self.lmdb.stat()["psize"]
        if size < needed:
            self.lmdb.close()
            raise DataError(f"{file}: truncated: {size} bytes, of {needed} that it says it has; copy it anew")
        self.entries: int = self.lmdb.stat()["entries"]


_OPEN = Shared()


def _values(env: _Environment, start: int) -> Iterator[bytes]:
    """The values from record ``start`` on; not a method, so that who walks is no cycle and closes at once."""
    with env.lmdb.begin() as transaction, transaction.cursor() as cursor:
        if not start:
            yield from cursor.iternext(keys=False)
        # without their values, keys are walked over without touching the pages of the images
        elif next(islice(cursor.iternext(values=False), start - 1, None), None) is not None:
            while cursor.next():
                yield cursor.value()


def _put(env: lmdb.Environment, batch: list[tuple[bytes, bytes]]) -> bool:
    """Write some records; False, with nothing written, where the map is too small."""
    try:
        with env.begin(write=True) as transaction:
            for key, value in batch:
                transaction.put(key, value)
    except lmdb.MapFullError:
        return False
    return True
