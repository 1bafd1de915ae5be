"""The demonstration."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.runs import open_run
from layerzoo.snapshot import find_best
from layerzoo.studio import demo
from layerzoo.studio.demo import ENTRIES, add_snapshots, prepare


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would be started."""
    started: list[list[str]] = []
    monkeypatch.setattr(demo.subprocess, "Popen", lambda command, **options: started.append(command))
    return started


def test_runs_are_finished_and_good(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo")
    for name in ENTRIES:
        run = open_run(folder / f"{name}.run")
        assert run.state == "done"
        assert run.best["accuracy"][0] > 0.95


def test_runs_that_are_there_stay(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    note = folder / "lenet-digits.run" / "studio.json"
    note.write_text("{}")
    prepare(tmp_path)
    assert note.exists()


def test_snapshots_are_added_once(tmp_path: Path, started: list[list[str]]) -> None:
    folder = prepare(tmp_path)
    assert started[0][1:] == ["-m", "layerzoo.studio.demo", str(tmp_path)]
    add_snapshots(folder)
    for name in ENTRIES:
        best = find_best(folder / f"{name}.run")
        assert best is not None
        assert best.choice.value > 0.95
    prepare(tmp_path)
    assert len(started) == 1
