"""Records of databases: Datums, and LMDB files with bytes changed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from layerzoo.data.datum import parse_datums, write_datums
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.schema import Datum
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import mutate_bytes
from tests.fuzz.readers.images import encoded
from tests.fuzz.readers.schema import random_message

_PAGE = 4096


def _datum(random: Random) -> bytes:
    choice = random.random()
    if choice < 0.3:
        message = random_message(random, Datum)
    elif choice < 0.6:
        message = Datum(encoded=True, data=random.choice(encoded()), label=3)
    else:
        message = Datum(channels=1, height=2, width=3, data=bytes(range(6)), label=random.choice((0, 3, -1)))
    data = message.SerializePartialToString()
    return mutate_bytes(random, data) if random.random() < 0.8 else data


@kind("datum", _datum)
def read_datum(data: bytes, folder: Path) -> None:
    """A record is parsed alone and in a batch, and decoded in every mode of colour."""
    whole = Datum(channels=1, height=2, width=3, data=bytes(6)).SerializePartialToString()
    for color in (None, True, False):
        parse_datums([data], color, lambda index: f"record {index}")
    parse_datums([whole, data, whole], True, lambda index: f"record {index}")


@cache
def _lmdbs() -> list[bytes]:
    """Databases of one page, of many, and with records larger than a page."""
    files = []
    for count, shape in ((3, (1, 2, 2)), (400, (1, 4, 4)), (4, (3, 50, 50))):
        with TemporaryDirectory() as folder:
            images = [np.full(shape, index % 256, np.uint8) for index in range(count)]
            write_datums(Path(folder) / "db", images, range(count))
            files.append((Path(folder) / "db" / "data.mdb").read_bytes())
    return files


def _lmdb(random: Random) -> bytes:
    data = bytearray(random.choice(_lmdbs()))
    choice = random.random()
    if choice < 0.5:  # the headers and pointers of a page
        page = random.randrange(len(data) // _PAGE) * _PAGE
        size = random.choice((64, 160, _PAGE))
        data[page : page + size] = mutate_bytes(random, bytes(data[page : page + size]))[:size].ljust(
            size, b"\0"
        )
        return bytes(data)
    if choice < 0.6:  # pages in another order
        one, other = (random.randrange(len(data) // _PAGE) * _PAGE for _ in range(2))
        data[one : one + _PAGE], data[other : other + _PAGE] = (
            data[other : other + _PAGE],
            data[one : one + _PAGE],
        )
        return bytes(data)
    return mutate_bytes(random, bytes(data))


@kind("lmdb", _lmdb, seconds=10)
def read_lmdb(data: bytes, folder: Path) -> None:
    """A damaged database: every record is read, in order and again from the end."""
    (folder / "db").mkdir()
    (folder / "db" / "data.mdb").write_bytes(data)
    records = LMDBRecords(folder / "db")
    try:
        count = min(len(records), 500)
        values = records.read(range(count))
        records.read([count - 1])
        parse_datums(values[:20], None, records.name)
    finally:
        records.close()
