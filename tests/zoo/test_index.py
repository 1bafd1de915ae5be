"""The index of a store and searches in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.zoo import Entry
from layerzoo.zoo.index import Row, emit_index, parse_index, search
from layerzoo.zoo.stores import StoreFault

FINDINGS = Path(__file__).parents[1] / "data" / "findings"

ROWS = [
    Row("lenet-digits", 1, "a" * 64, title="LeNet", tags=("convolution",), results={"accuracy": 0.981}),
    Row("mlp-digits", 1, "b" * 64, dataset="digits (test)", results={"accuracy": 0.975, "loss": 0.1}),
    Row("mlp-digits", 2, "c" * 64, dataset="digits (test)", results={"accuracy": 0.979, "loss": 0.08}),
    Row("char-lstm", 1, "d" * 64, description="Writes Text", results={"loss": 1.4}),
]


def names(query: str) -> list[str]:
    return [row.address for row in search(ROWS, query)]


def test_query_matches_words_and_comparisons() -> None:
    assert names("digits accuracy>0.98") == ["lenet-digits@1"]
    assert names("digits accuracy<0.98") == ["mlp-digits@1", "mlp-digits@2"]
    assert names("Convolution") == ["lenet-digits@1"]
    assert names("writes text") == ["char-lstm@1"]
    assert names("loss<=0.1 accuracy>=0.979") == ["mlp-digits@2"]
    assert names("accuracy=0.975") == ["mlp-digits@1"]
    assert names("LOSS>1e0") == ["char-lstm@1"]
    assert names("") == [row.address for row in ROWS]
    assert names("nothing") == []
    with pytest.raises(UsageError, match="'accuracy>' is not a comparison"):
        names("accuracy> 0.98")


def test_index_round_trips(entry: Entry) -> None:
    rows = [*ROWS, Row.of(entry)]
    assert parse_index(emit_index(rows), "x") == sorted(rows, key=lambda row: (row.name, row.version))
    own = Row.of(entry)
    assert (own.size, own.title, own.results) == (entry.size, "Tiny", {"accuracy": 0.75, "loss": 1.5})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"format": 1, "entries": [7]}',
        b"[" * 100_000,
        json.dumps({"format": 1, "entries": [{"name": "../x", "version": 1, "id": "a" * 64}]}).encode(),
        json.dumps({"format": 1, "entries": [{"name": "x", "version": "../1", "id": "a" * 64}]}).encode(),
        json.dumps({"format": 1, "entries": [{"name": "x", "version": 0, "id": "a" * 64}]}).encode(),
        json.dumps({"format": 1, "entries": [{"name": "x", "version": 1, "id": "../../x"}]}).encode(),
        json.dumps({"format": 9, "entries": []}).encode(),
        json.dumps({"format": 1, "entries": [{"name": "x", "version": 1, "id": "a" * 64}] * 2}).encode(),
    ],
)
def test_invalid_index_is_refused(data: bytes) -> None:
    with pytest.raises(StoreFault, match=r"^x: index\.json "):
        parse_index(data, "x")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("index_deep.json", "nested more than 16 deep"),
        ("index_results_10400.json", "an integer of 401 digits"),
        ("index_size_1e999.json", "1e999 is not a finite number"),
        ("index_title_esc.json", r"entry 1: title has the control character '\\x1b'"),
    ],
)
def test_hostile_index_is_refused(file: str, said: str) -> None:
    with pytest.raises(StoreFault, match=said):
        parse_index((FINDINGS / file).read_bytes(), "x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": 1.5}, "size is not an integer"),
        ({"size": -1}, "size is not an integer"),
        ({"size": True}, "size is not an integer"),
        ({"title": ["x"]}, "title is not a text"),
        ({"title": "x" * 1001}, "title has 1,001 characters"),
        ({"tags": "text"}, "tags is not a list"),
        ({"signed": "yes"}, "signed is neither true nor false"),
        ({"results": {"a": None}}, "'a' in results is not a finite number"),
        ({"name": "com1"}, "Windows reserves it"),
        ({"name": 7}, "name is not a text"),
    ],
)
def test_row_with_a_wrong_value_is_refused(change: dict[str, object], said: str) -> None:
    row = {"name": "x", "version": 1, "id": "a" * 64, **change}
    with pytest.raises(StoreFault, match=f"entry 1: .*{said}"):
        parse_index(json.dumps({"format": 1, "entries": [row]}).encode(), "x")
