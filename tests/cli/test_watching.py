"""Progress bar and final summary of a training run."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from layerzoo.cli import watching
from layerzoo.cli.watching import Progress, Summary
from layerzoo.solver import Displayed, Scores


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(iteration: int, *, stopping: bool = False) -> Any:
    """What the bar and the summary read of a solver."""
    return SimpleNamespace(
        iteration=iteration,
        param=SimpleNamespace(max_iter=10),
        run=SimpleNamespace(train=SimpleNamespace(stopping=stopping)),
    )


def scores(accuracy: float, loss: float) -> Scores:
    return Scores({"accuracy": [accuracy], "loss": [loss], "by_class": [0.5, 0.75]}, {
        "accuracy": 0.0, "loss": 1.0, "by_class": 0.0,
    })  # fmt: skip


def test_summary_keeps_the_highest_score_and_the_lowest_loss() -> None:
    summary = Summary()
    for iteration, test in ((0, scores(0.5, 2)), (5, scores(0.9, 1)), (10, scores(0.75, 0.25))):
        summary.tested(iteration, 0, test)
    assert summary.best == {"accuracy": (0.9, 5), "loss": (0.25, 10)}


def test_summary_keeps_the_first_of_equal_scores() -> None:
    summary = Summary()
    summary.tested(3, 0, scores(0.5, 1))
    summary.tested(6, 0, scores(0.5, 1))
    assert summary.best == {"accuracy": (0.5, 3), "loss": (1, 3)}


def test_summary_without_tests_and_snapshots_is_one_line() -> None:
    assert Summary().lines(run(7, stopping=True), 1.25) == "7 iterations in 1.2 s"


def test_summary_names_weights_and_how_to_resume() -> None:
    summary = Summary()
    summary.tested(5, 0, scores(0.9, 1))
    summary.saved(5, Path("a.run/iter_5"))
    summary.saved(7, Path("a.run/iter_7"))
    lines = [
        "7 iterations in 2 min 5 s",
        "best accuracy: 0.9 at iteration 5",
        "best loss: 1 at iteration 5",
        "weights: a.run/iter_7/weights.safetensors",
    ]
    assert summary.lines(run(7), 125).split("\n") == lines
    resume = "to resume: the same command with -resume auto"
    assert summary.lines(run(7, stopping=True), 125).split("\n") == [*lines, resume]


def test_progress_shows_iterations_loss_and_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(watching, "_REFRESH", 0.001)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    solver = run(4)
    with Progress(solver) as progress:
        progress.started(4, tested=False)
        solver.iteration = 10
        progress.displayed(Displayed(10, 0.125, 0.1, {}))
        progress.tested(10, 0, scores(0.75, 2))
        deadline = time.monotonic() + 5
        while "10/10" not in terminal.getvalue() and time.monotonic() < deadline:
            time.sleep(0.005)
        progress.ended(10)
        assert sys.stderr is terminal
    text = terminal.getvalue()
    assert "10/10" in text
    assert "loss 0.125  accuracy 0.75" in text
    assert "by_class" not in text


def test_progress_writes_nothing_to_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with Progress(run(0)) as progress:
        progress.started(0, tested=False)
        progress.displayed(Displayed(1, 0.5, 0.1, {}))
        progress.tested(1, 0, scores(0.75, 2))
    assert file.getvalue() == ""
