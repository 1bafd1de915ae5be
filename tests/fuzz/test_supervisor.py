"""Processes that run inputs: one that dies or doesn't answer leaves the input that it ran."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import supervisor
from tests.fuzz.kinds import Kind
from tests.fuzz.supervisor import Crash, Finding, Fuzzing, Process, Tally, table


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process(["tests.fuzz.crashing"])
    yield process
    process.close()


def job(kind: str, data: bytes) -> dict[str, str]:
    return {"kind": kind, "data": base64.b64encode(data).decode()}


def test_process_answers_until_an_input_kills_it(process: Process) -> None:
    assert process.ask(job("crashing", b"123"), 60)["status"] == "accepted"
    with pytest.raises(Crash, match="killed by SIGSEGV") as caught:
        process.ask({"kind": "crashing", "seed": 0, "first": 0, "count": 10**6, "seconds": 60}, 60)
    assert caught.value.input is not None
    kind, number, data = caught.value.input
    assert (kind, data) == ("crashing", b"7")
    assert 'crashing.py", line' in caught.value.details
    assert number >= 0


def test_process_that_leaves_is_a_crash(process: Process) -> None:
    with pytest.raises(Crash, match="exit 3"):
        process.ask(job("leaving", b"1"), 60)


def test_process_that_does_not_answer_is_killed(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    assert process.ask(job("crashing", b"1"), 60)["status"] == "accepted"
    monkeypatch.setattr(supervisor, "SILENCE", 0.5)
    with pytest.raises(Crash, match="no answer") as caught:
        process.ask(job("silent", b"1"), 0)
    assert caught.value.input == ("silent", -1, b"1")
    assert "in read_silent" in caught.value.details


def test_finding_is_saved_with_the_command_that_makes_it_again(tmp_path: Path) -> None:
    path = Finding("yaml", "KeyError at x in y", "traceback", 12, b"a: b").save(tmp_path, 7)
    assert path.parent == tmp_path / "yaml"
    assert path.read_bytes() == b"a: b"
    text = path.with_suffix(".txt").read_text()
    assert "scripts/fuzz -only yaml -seed 7 -first 12 -count 1\n" in text
    assert "KeyError at x in y" in text


def test_table_counts_texts_and_binaries_apart() -> None:
    kinds = [
        Kind(name, text, lambda random: b"", lambda data, folder: None)
        for name, text in (("a", True), ("b", False))
    ]
    tallies = {"a": Tally(), "b": Tally()}
    tallies["a"].counts.update(accepted=3, refused=1200)
    tallies["a"].seconds = 2.0
    tallies["b"].counts.update(refused=5, failed=2)
    lines = table(kinds, tallies, [Finding("b", "x", "", 0, b"")])
    assert [line.split()[:5] for line in lines[1:]] == [
        ["a", "1,203", "3", "1,200", "0"],
        ["b", "7", "0", "5", "1"],
        ["texts", "1,203", "3", "1,200", "0"],
        ["binaries", "7", "0", "5", "1"],
    ]
    assert lines[1].split()[5] == "602"


def test_fuzzing_runs_each_kind_as_often_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fuzz.kinds import kinds

    chosen = [kinds()[name] for name in ("index", "mean")]
    fuzzing = Fuzzing(chosen, 1, counts={"index": 30, "mean": 20})
    shown: list[str] = []
    monkeypatch.setattr(supervisor, "MINUTE", 0.1)
    fuzzing.run(600, show=shown.append)
    assert shown[0] == "0 texts, 0 binaries, 0 findings"
    assert {name: tally.counts.total() for name, tally in fuzzing.tallies.items()} == {
        "index": 30,
        "mean": 20,
    }
