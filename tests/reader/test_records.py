"""The service of databases, over a list."""

from __future__ import annotations

import struct
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
        self.places = [bytearray(250) for _ in range(2)]

    def item(self, number: int) -> None:
        self.seen.append(number)

    def place(self, number: int) -> memoryview:
        return memoryview(self.places[number])


class Listed(RecordsService):
    """A database of six records."""

    def open(self) -> tuple[int, int]:
        return 6, 600

    def values(self, start: int) -> Iterator[bytes]:
        for index in range(start, 6):
            yield b"%d" % index * 100

    def keys_from(self, start: int) -> Iterator[bytes]:
        for index in range(start, 6):
            yield b"k%d" % index


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


def test_read_writes_values_into_a_place_as_far_as_they_fit(service: Listed) -> None:
    places = service.progress.places  # type: ignore[attr-defined]
    question = {"cursor": 0, "drop": []}
    head, parts = service.read(Message({**question, "indices": [1, 2, 3, 4], "place": 1}, []))
    assert head == {"written": True}
    assert struct.unpack("2q", *parts) == (100, 100)
    assert bytes(places[1][:200]) == b"1" * 100 + b"2" * 100
    head, parts = service.read(Message({**question, "indices": [3], "place": 0}, []))
    assert (struct.unpack("q", *parts), bytes(places[0][:100])) == ((100,), b"3" * 100)


def test_read_sends_a_value_that_is_larger_than_a_place(service: Listed) -> None:
    service.progress.places[0] = bytearray(99)  # type: ignore[attr-defined]
    question = {"cursor": 0, "drop": [], "indices": [2, 3], "place": 0}
    assert service.read(Message(question, [])) == ({}, [b"2" * 100, b"3" * 100])


def test_keys_are_those_from_a_record_on(service: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.keys(Message({"start": 4}, [])) == ({}, [b"k4", b"k5"])
    monkeypatch.setattr(records_module, "_MOST_KEYS", 3)
    assert service.keys(Message({"start": 1}, []))[1] == [b"k1", b"k2", b"k3"]
    monkeypatch.setattr(records_module, "_ENOUGH", 3)
    assert service.keys(Message({"start": 1}, []))[1] == [b"k1", b"k2"]
    with pytest.raises(RecordError) as error:
        service.keys(Message({"start": 6}, []))
    assert (error.value.index, error.value.why) == (6, None)


def test_key_of_more_than_the_limit_is_refused(service: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "_MAX_KEY", 1)
    with pytest.raises(RecordError, match="a key of 2 bytes; at most 1 are read") as error:
        service.keys(Message({"start": 2}, []))
    assert error.value.index == 2


def test_records_that_are_far_away_are_found_anew(service: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "_LONGEST_STEP", 2)
    starts: list[int] = []
    values = service.values

    def counted(start: int) -> Iterator[bytes]:
        starts.append(start)
        return values(start)

    monkeypatch.setattr(service, "values", counted)
    assert read(service, 0, 3, 1) == [b"0" * 100, b"3" * 100, b"1" * 100]
    assert starts == [0, 1]  # from 0 on 3 is 2 records after the next one
    assert read(service, 5) == [b"5" * 100]
    assert starts == [0, 1, 5]
