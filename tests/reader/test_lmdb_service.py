"""The service that reads an LMDB, in this process and over files that are only a little damaged."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.errors import DataError
from layerzoo.reader import lmdb_service
from layerzoo.reader.failures import RecordError
from layerzoo.reader.lmdb_service import LMDBService


class Progress:
    """Counts the reports."""

    def __init__(self) -> None:
        self.reports = 0

    def item(self, number: int) -> None:
        pass

    def goes_on(self) -> None:
        self.reports += 1


def service(path: Path) -> LMDBService:
    return LMDBService({"path": str(path)}, Progress())  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    write_lmdb(tmp_path / "db", [(b"k%d" % index, b"value %d" % index) for index in range(9)])
    return tmp_path / "db"


def changed(folder: Path, old: bytes, new: bytes) -> None:
    file = folder / "data.mdb"
    content = file.read_bytes()
    assert content.count(old) == 1
    file.write_bytes(content.replace(old, new))


def test_values_are_in_the_order_of_their_keys(folder: Path) -> None:
    database = service(folder)
    assert database.entries == 9
    assert list(database.values(0)) == [b"value %d" % index for index in range(9)]
    assert list(database.values(7)) == [b"value 7", b"value 8"]
    assert list(database.values(9)) == list(database.values(50)) == []


def test_close_lets_the_database_be_opened_again(folder: Path) -> None:
    for _ in range(2):
        database = service(folder)
        next(database.values(0))
        database.close()


def test_skipping_reports_that_it_goes_on(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [(b"%06d" % index, b"") for index in range(10_000)])
    database = service(tmp_path / "db")
    next(database.values(9_999))
    assert database.progress.reports == 2  # type: ignore[attr-defined]


def test_keys_out_of_order_are_damage(folder: Path) -> None:
    changed(folder, b"k4value", b"k2value")
    database = service(folder)
    values = database.values(0)
    assert [next(values) for _ in range(4)][-1] == b"value 3"
    with pytest.raises(RecordError, match="its key is not greater than the one before") as error:
        next(values)
    assert error.value.index == 4


def test_key_orders_of_other_databases_are_accepted(tmp_path: Path) -> None:
    write_lmdb(tmp_path / "db", [(key, key) for key in (b"a0", b"a1")])
    file = tmp_path / "db" / "data.mdb"
    # the flags of a database stand before its depth and its numbers of pages
    plain, reverse = (struct.pack("<HHQQQQ", flags, 1, 0, 1, 0, 2) for flags in (0, 2))
    file.write_bytes(file.read_bytes().replace(plain, reverse).replace(b"a0", b"b2"))
    assert list(service(tmp_path / "db").values(0)) == [b"b2", b"a1"]


def test_value_of_more_than_the_limit_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmdb_service, "MAX_VALUE", 6)
    values = service(folder).values(6)
    with pytest.raises(RecordError, match="7 bytes; at most 6 are read") as error:
        next(values)
    assert error.value.index == 6


def test_count_larger_than_the_file_can_hold_is_damage(folder: Path) -> None:
    file = folder / "data.mdb"
    content = file.read_bytes()
    file.write_bytes(content.replace(struct.pack("<QQ", 9, 2), struct.pack("<QQ", 1 << 40, 2)))
    with pytest.raises(DataError, match="can't hold the 1099511627776 records that it counts"):
        service(folder)


def test_what_is_not_a_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(DataError, match="not a regular file; expected an LMDB"):
            service(path)
