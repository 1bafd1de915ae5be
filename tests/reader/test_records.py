"""The service of databases, over a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from layerzoo.reader import records as records_module
from layerzoo.reader.failures import RecordError
from layerzoo.reader.protocol import Message
from layerzoo.reader.records import RecordsService


class Items:
    """Remembers the items that are reported."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def item(self, number: int) -> None:
        self.seen.append(number)


class Listed(RecordsService):
    """A database of six records."""

    def open(self) -> tuple[int, int]:
        return 6, 600

    def values(self, start: int) -> Iterator[bytes]:
        for index in range(start, 6):
            yield b"%d" % index * 100


@pytest.fixture
def service() -> Listed:
    return Listed({"path": "db"}, Items())  # type: ignore[arg-type]


def read(service: Listed, *indices: int, cursor: int = 0, drop: tuple[int, ...] = ()) -> Any:
    return service.read(Message({"cursor": cursor, "indices": indices, "drop": drop}, []))[1]


def test_facts_are_number_and_size(service: Listed) -> None:
    assert service.facts() == {"entries": 6, "size": 600}


def test_read_gives_values_and_reports_items(service: Listed) -> None:
    assert read(service, 2, 3, 1) == [b"2" * 100, b"3" * 100, b"1" * 100]
    assert service.progress.seen == [2, 3, 1]  # type: ignore[attr-defined]


def test_read_ends_an_answer_that_is_large(service: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "_ENOUGH", 150)
    assert read(service, 0, 1, 2, 3) == [b"0" * 100, b"1" * 100]
    monkeypatch.setattr(records_module, "_ENOUGH", 10)
    assert read(service, 4, 5) == [b"4" * 100]


def test_read_past_the_end_names_the_record(service: Listed) -> None:
    with pytest.raises(RecordError) as error:
        read(service, 5, 6)
    assert (error.value.index, error.value.why) == (6, None)


def test_cursors_are_independent_and_dropped(service: Listed) -> None:
    read(service, 0, cursor=1)
    read(service, 3, cursor=2)
    assert sorted(service._cursors) == [1, 2]
    assert read(service, 1, cursor=1, drop=(2, 9)) == [b"1" * 100]
    assert sorted(service._cursors) == [1]
