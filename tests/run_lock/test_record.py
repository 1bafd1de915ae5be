"""The record of a process in a lock."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from layerzoo.run_lock.record import (
    described,
    own_record,
    process_exists,
    process_in,
    read_record,
    refusal,
)

RECORD = {"host": "gpu3", "pid": 12, "command": "layerzoo train -solver a b", "since": 0}


def test_own_record_names_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/layerzoo", "train", "-solver", "a b", "x" * 500])
    record = own_record()
    assert record["pid"] == os.getpid()
    assert record["command"].startswith("layerzoo train -solver 'a b' xxx")
    assert len(record["command"]) == 201
    assert json.loads(json.dumps(record)) == record


def test_refusal_names_process_machine_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = refusal("K.run", RECORD)
    assert shown.startswith(
        "'K.run' is used by another run: process 12 on host 'gpu3', layerzoo train -solver a b, since 19"
    )
    assert refusal("K.run", {}).startswith("'K.run' is used by another run; wait until it ends, set another")


@pytest.mark.parametrize("bad", [{}, {"pid": "x"}, {"pid": None, "host": 3}])
def test_described_without_a_process_is_empty(bad: dict[str, object]) -> None:
    assert described(bad) == process_in(bad) == ""


def test_described_escapes_what_a_file_holds() -> None:
    text = described({"pid": 1, "host": "\x1b[31m", "command": "a\nb" * 10_000, "since": 10**30})
    assert text.isprintable()
    assert len(text) <= 600


def test_process_exists() -> None:
    assert process_exists(os.getpid())
    assert not any(map(process_exists, (None, "1", 0, -1, 2**30, 10**30)))


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, "\xff"])
def test_read_record_of_a_damaged_file_is_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock"
    path.write_text(text, encoding="latin-1")
    assert read_record(path) == {}
    assert read_record(tmp_path) == {}
    assert read_record(tmp_path / "none") == {}
