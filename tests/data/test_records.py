"""The parts that readers of all databases share."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from layerzoo.data import records as records_module
from layerzoo.data.lmdb_records import LMDBRecords, write_lmdb
from layerzoo.data.records import Records, Shared
from layerzoo.errors import DataError
from layerzoo.reader.block import Block
from layerzoo.reader.failures import RecordError


class Listed:
    """A database that is a list."""

    def __init__(self, path: Path) -> None:
        self.path, self.entries, self.dropped = path, 5, list[int]()

    def cursor(self) -> int:
        return 7

    def drop(self, cursor: int) -> None:
        self.dropped.append(cursor)

    def block(self, cursor: int, indices: list[int]) -> Block:
        if max(indices) >= self.entries:
            raise RecordError(max(indices), None)
        if 3 in indices:
            raise RecordError(3, "damaged: it is 3")
        return Block.of([b"%d" % index for index in indices])


class Memory(Records):
    """Records of such a database."""

    service = "lmdb"

    def missing(self) -> str:
        return f"missing of {len(self)}"


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Memory:
    monkeypatch.setattr(records_module, "Database", lambda service, path: Listed(path))
    return Memory(tmp_path / "db")


def test_read_gives_the_values_of_the_indices(records: Memory) -> None:
    assert records.read([1, 2, 4]) == [b"1", b"2", b"4"]
    assert len(records) == 5


def test_read_names_the_record_that_fails(records: Memory) -> None:
    with pytest.raises(DataError, match="db: record 3: damaged: it is 3"):
        records.read([2, 3])
    with pytest.raises(DataError, match="db: record 5: missing of 5"):
        records.read([3, 5])


def test_cursor_is_dropped_on_close_and_with_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Listed(Path("db"))
    monkeypatch.setattr(records_module, "Database", lambda service, path: database)
    records = Memory(Path("db"))
    records.close()
    assert database.dropped == [7]
    del records
    assert database.dropped == [7, 7]


def test_name_gives_path_and_index(records: Memory) -> None:
    assert records.name(7) == f"{records.path}: record 7"


class Database:
    def __init__(self, path: Path) -> None:
        self.path = path


def test_shared_opens_a_path_once_while_in_use(tmp_path: Path) -> None:
    shared = Shared()
    first = shared.get(tmp_path / "a", Database)
    assert first.path == (tmp_path / "a").resolve()
    assert shared.get(tmp_path / "x" / ".." / "a", Database) is first
    assert shared.get(tmp_path / "b", Database) is not first


def test_shared_drops_a_database_with_its_last_reference(tmp_path: Path) -> None:
    shared, opened = Shared(), []

    def opener(path: Path) -> Database:
        opened.append(path)
        return Database(path)

    shared.get(tmp_path, opener)
    shared.get(tmp_path, opener)
    assert len(opened) == 2


def test_keys_are_those_of_the_records(tmp_path: Path) -> None:
    keys = [b"00000003_cat/1.jpg", b"00000004_", b"12345678", b"1234567_x", b"a_\xff"]
    write_lmdb(tmp_path / "db", [(key, b"v") for key in keys])
    with closing(LMDBRecords(tmp_path / "db")) as records:
        shown = ["cat/1.jpg", "00000004_", "12345678", "1234567_x", "a_\udcff"]
        assert [records.key(index) for index in range(5)] == shown
        assert [records.key(index) for index in (4, 0, 2)] == [shown[4], shown[0], shown[2]]


def test_keys_in_order_take_one_pass(records: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def keys(start: int) -> list[bytes]:
        asked.append(start)
        return [b"%d" % index for index in range(start, min(start + 2, 5))]

    monkeypatch.setattr(records._database, "keys", keys, raising=False)
    assert [records.key(index) for index in range(5)] == ["0", "1", "2", "3", "4"]
    assert asked == [0, 2, 4]


def test_key_that_cannot_be_read_names_the_record(records: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(start: int) -> list[bytes]:
        raise RecordError(start, None)

    monkeypatch.setattr(records._database, "keys", keys, raising=False)
    with pytest.raises(DataError, match="db: record 4: missing of 5"):
        records.key(4)
