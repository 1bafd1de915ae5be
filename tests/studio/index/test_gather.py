"""Reading runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.studio.index.gather import follow, gather
from tests.studio.runs import append, write_run


def test_time_left_is_that_of_the_latest_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.runs.run.Run.state", "running")
    folder = write_run(tmp_path, "a", points=11, max_iter=300)
    read = gather(folder, "a")
    assert read.summary.progress.left_s == pytest.approx(200 * 0.05)  # 0.5 s for each 10 iterations
    append(folder, 16, 11)
    assert follow(read)
    assert read.summary.progress.left_s == pytest.approx(150 * 0.05)


def test_a_file_that_shrinks_is_read_anew(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "a", points=11)
    read = gather(folder, "a")
    text = (folder / "metrics.jsonl").read_text()
    (folder / "metrics.jsonl").write_text(text[: len(text) // 2])
    assert not follow(read)


def test_best_scores_are_those_of_all_rows(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "a", points=31)
    read = gather(folder, "a")
    best = read.summary.scores["accuracy"]
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(
            '{"phase": "TEST", "net": 0, "iteration": 400, "seconds": 99, "outputs": {"accuracy": [0.1]}}\n'
        )
    assert follow(read)
    assert read.summary.scores["accuracy"] == best
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(
            '{"phase": "TEST", "net": 0, "iteration": 500, "seconds": 99, "outputs": {"accuracy": [0.99]}}\n'
        )
    assert follow(read)
    assert read.summary.scores["accuracy"] == [0.99, 500]
