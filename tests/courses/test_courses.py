"""Each lesson of ``configs/courses`` teaches, has committed scores, and reaches a bar in a short run."""

from __future__ import annotations

import re
import subprocess
import sys
from math import prod
from pathlib import Path

import pytest

from layerzoo.loader import load_net, load_solver
from layerzoo.solver.testing.pooled import pixel_outputs
from tests.courses.lessons import (
    COURSES,
    SEEDS,
    bar_of,
    lesson_names,
    make_solver,
    measure,
    read_scores,
    settings_of_runs,
    write_scores,
)

LESSONS = lesson_names()
SCORES = read_scores()
MAX_SECONDS = 180
"""The longest that a full run may take."""


def header_of(path: Path) -> list[str]:
    """The lines of the comment at the top of a file, without its signs."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    return [line[1:].strip() for line in lines[:end]]


def test_lessons_are_those_with_scores() -> None:
    assert sorted(SCORES) == LESSONS
    nets = sorted(
        path.stem for path in COURSES.glob("*.yaml") if not path.stem.endswith(("_solver", "_tune"))
    )
    assert nets == LESSONS
    assert all(path.name.startswith(tuple(LESSONS)) for path in COURSES.glob("*_tune.yaml"))


@pytest.mark.parametrize("name", LESSONS)
def test_header_teaches(name: str) -> None:
    header = header_of(COURSES / f"{name}.yaml")
    command = f"layerzoo train -solver configs/courses/{name}_solver.yaml"
    assert header[0].endswith(".")
    assert 30 < len(header[0]) < 140  # the line that `layerzoo list configs` shows
    assert any(line.startswith(command) for line in header)
    assert any(line.startswith("Try: ") for line in header)
    assert any(line.startswith("Paper: ") for line in header)
    assert len(header) >= 10
    assert any(line.startswith(command) for line in header_of(COURSES / f"{name}_solver.yaml"))


@pytest.mark.parametrize("name", LESSONS)
def test_changes_to_try_are_possible(name: str, tmp_path: Path) -> None:
    tries = [line for line in header_of(COURSES / f"{name}.yaml") if line.startswith("Try: ")]
    changes = [[found.rstrip(".") for found in re.findall(r"[\w.\[\]]+=[\w.-]+", line)] for line in tries]
    assert any(changes)
    for made in changes:
        make_solver(name, made, tmp_path)


@pytest.mark.parametrize("name", LESSONS)
def test_files_are_short_and_load(name: str) -> None:
    for path in (COURSES / f"{name}.yaml", COURSES / f"{name}_solver.yaml"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert load_net(COURSES / f"{name}.yaml").message.layer
    solver = load_solver(COURSES / f"{name}_solver.yaml").message
    assert Path(solver.net).name == f"{name}.yaml"
    assert Path(solver.snapshot_prefix) == Path("snapshots") / name
    assert solver.random_seed == 1


@pytest.mark.parametrize("name", LESSONS)
def test_log_of_a_test_is_short(name: str, tmp_path: Path) -> None:
    message = load_solver(COURSES / f"{name}_solver.yaml").message
    if message.HasField("test_interval"):
        graph = make_solver(name, [], tmp_path).test_nets[-1].graph
        pooled = pixel_outputs(graph)  # a test shows one number of them
        assert sum(1 if blob.name in pooled else prod(blob.shape or ()) for blob in graph.outputs) <= 12


@pytest.mark.parametrize("name", LESSONS)
def test_committed_scores_reach_the_bars(name: str) -> None:
    lesson = SCORES[name]
    settings = settings_of_runs(name, lesson)
    assert sorted(settings) == sorted(lesson["runs"])
    for title, run in lesson["runs"].items():
        assert len(run["scores"]) == len(SEEDS)
        assert all(bar_of(run, lesson).is_reached(score) for score in run["scores"])
        assert 0 < run["seconds"] <= MAX_SECONDS
        load_solver(COURSES / f"{name}_solver.yaml", settings[title])


@pytest.mark.parametrize("name", LESSONS)
def test_short_run_reaches_its_bar(name: str) -> None:
    lesson = SCORES[name]
    changes, module = lesson["short"].get("set", []), lesson.get("module", "")
    value, _ = measure(name, lesson["metric"], changes, module=module)
    assert bar_of(lesson["short"]).is_reached(value), value


def test_scores_are_written_as_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "scores.yaml"
    monkeypatch.setattr("tests.courses.lessons.SCORES", copy)
    write_scores(SCORES)
    assert read_scores() == SCORES
    assert copy.read_text(encoding="utf-8").startswith("# Scores of the lessons")


def test_scores_are_written_without_aliases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "scores.yaml"
    monkeypatch.setattr("tests.courses.lessons.SCORES", copy)
    shared = ["max_iter=1"]
    write_scores({"one": {"set": shared}, "two": {"set": shared}})
    text = copy.read_text(encoding="utf-8").partition("\n\n")[2]
    assert text == "one:\n  set: [max_iter=1]\ntwo:\n  set: [max_iter=1]\n"


def test_bar_is_reached_from_its_side_only() -> None:
    least, most = bar_of({"at_least": 0.5}), bar_of({}, {"at_most": 0.5})
    assert (least.is_reached(0.5), least.is_reached(0.4), least.is_reached(float("nan"))) == (
        True,
        False,
        False,
    )
    assert (most.is_reached(0.5), most.is_reached(0.6), most.is_reached(float("nan"))) == (True, False, False)
    with pytest.raises(ValueError, match="neither at_least nor at_most"):
        bar_of({})


def test_script_runs_a_lesson() -> None:
    script = Path(__file__).parents[2] / "scripts" / "courses"
    done = subprocess.run(
        [sys.executable, script, "logistic_regression"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:3] == ["logistic_regression", "plain", "loss"]
