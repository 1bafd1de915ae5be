"""Errors on their way from a reader to its parent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layerzoo.errors import DataError, LayerFault, MissingExtraError, SnapshotError, WeightsError
from layerzoo.reader.failures import RecordError, packed, unpacked


def carried(error: Exception) -> Exception:
    return unpacked(json.loads(json.dumps(packed(error))))


@pytest.mark.parametrize("kind", [DataError, WeightsError, SnapshotError])
def test_error_keeps_its_class_and_text(kind: type[Exception]) -> None:
    arrived = carried(kind("a.h5: damaged\nat byte 3"))
    assert type(arrived) is kind
    assert str(arrived) == "a.h5: damaged\nat byte 3"


def test_missing_extra_keeps_its_text() -> None:
    error = MissingExtraError("LevelDB", "leveldb")
    assert type(carried(error)) is MissingExtraError
    assert str(carried(error)) == str(error)


def test_os_error_keeps_number_and_file() -> None:
    arrived = carried(FileNotFoundError(2, "No such file", "/a/b"))
    assert isinstance(arrived, FileNotFoundError)
    assert (arrived.errno, arrived.strerror, arrived.filename) == (2, "No such file", "/a/b")
    assert carried(OSError(5, "I/O error")).args == (5, "I/O error")


def test_record_error_keeps_index_and_reason() -> None:
    for why in ("damaged", None):
        arrived = carried(RecordError(12, why))
        assert isinstance(arrived, RecordError)
        assert (arrived.index, arrived.why) == (12, why)


def test_memory_error_arrives() -> None:
    assert isinstance(carried(MemoryError()), MemoryError)


def test_other_errors_arrive_as_a_bug() -> None:
    for error in (KeyError("x"), LayerFault("a fault of no file")):
        assert type(carried(error)) is RuntimeError
        assert type(error).__name__ in str(carried(error))


def test_text_is_cut_and_its_control_characters_are_escaped() -> None:
    text = str(unpacked({"error": "DataError", "text": "\x1b]0;title\x07" + "x" * 100_000}))
    assert text.startswith("\\x1b]0;title\\x07xxx")
    assert len(text) < 5000


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"error": None},
        {"error": "SystemExit", "text": "0"},
        {"error": ["DataError"], "text": "x"},
        {"error": "RecordError", "index": True},
        {"error": "OSError", "errno": "2", "text": "x"},
        {"error": "__import__", "text": {}},
    ],
)
def test_unknown_names_and_wrong_types_are_a_failed_reader(head: dict[str, Any]) -> None:
    error = unpacked(head)
    assert type(error) is RuntimeError
    assert str(error).startswith("a reader process failed")
