"""Sequential and random reading of records, over a database in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.data.records import Records, Shared
from layerzoo.errors import DataError

VALUES = [b"0", b"1", b"2", b"3", b"4"]


class Memory(Records):
    """Records that are listed, with the starts of all iterations."""

    def __init__(self, values: list[bytes] = VALUES) -> None:
        super().__init__(Path("db"))
        self.values = values
        self.starts: list[int] = []

    def __len__(self) -> int:
        return len(self.values)

    def failure(self, index: int, error: Exception) -> Exception | None:
        return DataError(f"{self.name(index)}: missing") if isinstance(error, StopIteration) else None

    def _values(self, start: int) -> Iterator[bytes]:
        self.starts.append(start)
        for value in self.values[start:]:
            if value == b"bad":
                raise ZeroDivisionError
            yield value


def test_read_continues_forwards_and_restarts_backwards() -> None:
    records = Memory()
    assert records.read([1, 2, 4]) == [b"1", b"2", b"4"]
    assert records.starts == [1]
    assert records.read([3]) == [b"3"]
    assert records.read([4, 4]) == [b"4", b"4"]
    assert records.starts == [1, 3, 4]


def test_read_after_close_starts_again() -> None:
    records = Memory()
    records.read([0])
    records.close()
    assert records.read([1]) == [b"1"]
    assert records.starts == [0, 1]


def test_read_past_the_end_raises_the_failure() -> None:
    records = Memory()
    with pytest.raises(DataError, match="db: record 5: missing"):
        records.read([3, 5])
    assert records.read([0]) == [b"0"]


def test_read_raises_other_errors_unchanged() -> None:
    with pytest.raises(ZeroDivisionError):
        Memory([b"0", b"bad"]).read([0, 1])


def test_name_gives_path_and_index() -> None:
    assert Memory().name(7) == "db: record 7"


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
