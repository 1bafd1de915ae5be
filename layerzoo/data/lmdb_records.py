"""Read and write LMDB, the database that most of Caffe's data sets use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lmdb

from layerzoo.atomic import atomic_path
from layerzoo.data.records import Records
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

    service = "lmdb"

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        if path.is_dir() and not (path / "data.mdb").exists():
            raise FileNotFoundError(2, "the folder has no file data.mdb", str(path))
        path.stat()  # a missing one needs no process
        # one key per database, by folder or by file
        is_data_file = path.name == "data.mdb" and path.is_file()
        super().__init__(path, path.parent if is_data_file else path)
        if not len(self):
            raise DataError(f"{path}: the LMDB is empty; expected at least one record")

    def missing(self) -> str:
        """What to say of a record that the database counts and doesn't hold."""
        return f"missing, though the database counts {len(self)} records"


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
        while not put_records(env, batch):
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


def put_records(env: lmdb.Environment, batch: Sequence[tuple[bytes, bytes]]) -> bool:
    """Write records in one transaction; False, with nothing written, if the map is too small."""
    try:
        with env.begin(write=True) as transaction:
            for key, value in batch:
                transaction.put(key, value)
    except lmdb.MapFullError:
        return False
    return True
