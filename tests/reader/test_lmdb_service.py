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
from layerzoo.reader.key_index import KeyIndex
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
    database = service(tmp_path / "db")
    assert list(database.values(0)) == [b"b2", b"a1"]
    assert list(database.values(1)) == [b"a1"]
    assert database.nearest(1) == (0, None)


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


def test_keys_are_in_order_from_any_record_on(folder: Path) -> None:
    database = service(folder)
    for start in (3, 0, 8, 9):
        assert [bytes(key) for key in database.keys_from(start)] == [b"k%d" % at for at in range(start, 9)]


def test_records_are_found_by_the_nearest_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lmdb(tmp_path / "db", [(b"%06d" % index, b"%d" % index) for index in range(10_000)])
    database = service(tmp_path / "db")
    database._index = KeyIndex(most_bytes=1000)
    assert next(database.values(9_999)) == b"9999"
    assert database._index.step == 256  # of 14 bytes each, 71 fit; 10,000 / 128 are 79
    passed: list[int] = []
    monkeypatch.setattr(database, "passed", lambda at, key: passed.append(at))
    for index in (1, 255, 256, 7_000, 9_999):
        passed.clear()
        assert next(database.values(index)) == b"%d" % index
        assert passed == list(range(index // 256 * 256, index + 1))


def test_keys_that_are_damaged_find_no_record(folder: Path) -> None:
    changed(folder, b"k4value", b"k2value")
    database = service(folder)
    assert next(database.values(8)) == b"value 8"
    assert database.nearest(8) == (0, None)
    assert next(database.values(4)) == b"value 4"  # not record 2, which has the same key
