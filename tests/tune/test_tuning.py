"""Trials run, fail, stop and go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.tune import JOURNAL, Journal, Trial
from layerzoo.tune.check import CheckedPlan, check_plan
from layerzoo.tune.running import run_of
from layerzoo.tune.tuning import Tuning, check_same
from tests.tune.plans import GRID, plan_of

ROOT = Path(__file__).parents[2]
RESUMED = (
    GRID.replace("max_iter=20", "max_iter=1500")
    .replace("snapshot=5", "snapshot=100")
    .replace("[0.0001, 0.05]", "[0.05, 0.01]")
)
KILLED = """
import sys
from layerzoo.cli.main import main
main(["tune", "tune.yaml", "-processes", "2"])
"""


def tuned(folder: Path, text: str, processes: int = 1, retry: bool = False) -> tuple[Journal, list[str]]:
    plan = plan_of(folder, text)
    journal = Journal(folder / "tune.tune")
    told: list[str] = []

    def tell(what: str, trial: Trial) -> None:
        told.append(f"{trial.number} {what}")

    Tuning(plan, check_plan(plan), journal, processes, tell=tell).run(retry)
    return journal, told


@pytest.mark.slow
def test_grid_on_digits_finds_the_better_rate(tmp_path: Path) -> None:
    journal, told = tuned(tmp_path, GRID, processes=2)
    first, second = journal.trials.values()
    assert (first.state, second.state) == ("done", "done")
    assert first.value is not None
    assert second.value is not None
    assert second.value > first.value + 0.3
    assert [at for at, _ in first.curve] == [10, 20]
    assert Journal(tmp_path / "tune.tune").trials == journal.trials
    again, told = tuned(tmp_path, GRID)
    assert told == []
    assert again.trials == journal.trials


@pytest.mark.slow
def test_failing_trial_is_recorded_and_run_again_on_request(tmp_path: Path) -> None:

    journal, _ = tuned(tmp_path, GRID.replace("[0.0001, 0.05]", "[0.05, 1e30]"))
    good, bad = journal.trials.values()
    assert good.state == "done"
    assert (bad.state, bad.value) == ("failed", None)
    assert "finite" in bad.message or "nan" in bad.message

    _, told = tuned(tmp_path, GRID.replace("[0.0001, 0.05]", "[0.05, 1e30]"), retry=True)
    assert told == ["1 goes on", "1 ends"]


@pytest.mark.slow
def test_killed_tune_goes_on_with_what_was_done(tmp_path: Path) -> None:
    plan_of(tmp_path, RESUMED)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL
    )
    folder = tmp_path / "tune.tune"
    try:
        until = time.monotonic() + 120
        while not all(any(run_of(folder, n).glob("iter_*")) for n in (0, 1)) and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    before = Journal(folder)
    assert [trial.state for trial in before.trials.values()] == ["begun", "begun"]
    journal, told = tuned(tmp_path, RESUMED, processes=2)
    assert sorted(line for line in told if "wait" not in line) == [
        "0 ends",
        "0 goes on",
        "1 ends",
        "1 goes on",
    ]
    for trial in journal.trials.values():
        assert trial.state == "done"
        assert trial.iteration == 1500
        log = (folder / f"trial-{trial.number:04}.log").read_text()
        assert "Resuming from" in log
    assert [entry.count('"event": "begin"') for entry in [(folder / JOURNAL).read_text()]] == [2]


@pytest.mark.slow
def test_signal_stops_all_trials_with_a_snapshot(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, RESUMED)
    journal = Journal(tmp_path / "tune.tune")
    told: list[str] = []
    folder = tmp_path / "tune.tune"

    def tell(what: str, trial: Trial) -> None:
        told.append(f"{trial.number} {what}")

    tuning = Tuning(plan, check_plan(plan), journal, 2, tell=tell)
    watcher = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, pathlib, sys, time\n"
            "runs = [pathlib.Path(sys.argv[2]) / f'trial-000{n}.run' for n in (0, 1)]\n"
            "while not all(any(run.glob('iter_*')) for run in runs): time.sleep(0.05)\n"
            "os.kill(int(sys.argv[1]), 2)",
            str(os.getpid()),
            str(folder),
        ]
    )
    try:
        tuning.run()
    finally:
        watcher.kill()
        watcher.wait()
    assert tuning.signals == [signal.SIGINT]
    assert sorted(told) == ["0 begins", "0 stops", "1 begins", "1 stops"]
    assert [trial.state for trial in Journal(folder).trials.values()] == ["begun", "begun"]


@pytest.mark.slow
def test_trial_that_is_behind_is_ended_early(tmp_path: Path) -> None:
    text = RESUMED.replace("max_iter=1500", "max_iter=4000").replace("test_interval=10,", "test_interval=50,")
    text = text.replace("[0.05, 0.01]", "[0.05, 0.00001]") + "prune: {first: 1}\n"
    journal, told = tuned(tmp_path, text)
    good, bad = journal.trials.values()
    assert (good.state, bad.state) == ("done", "pruned")
    assert bad.curve[-1] == (bad.iteration, bad.value)
    assert bad.iteration < 4000
    assert told == ["0 begins", "0 ends", "1 begins", "1 ends"]


def test_changed_plan_or_solver_is_refused_with_what_changed(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    journal = Journal(tmp_path / "tune.tune")
    journal.begin({"plan": plan.facts, "config": {"gamma": "0.1"}})
    check_same(journal, plan, CheckedPlan({"gamma": "0.1"}, True))
    other = plan_of(tmp_path, GRID.replace("0.05]", "0.06]") + "seed: 2\n")
    with pytest.raises(UsageError) as caught:
        check_same(journal, other, CheckedPlan({"gamma": "0.2"}, True))
    message = str(caught.value)
    assert "axes.base_lr was values 0.0001, 0.05, now values 0.0001, 0.06" in message
    assert "seed was 0, now 2" in message
    assert "gamma was 0.1, now 0.2" in message


def test_more_trials_of_a_random_search_are_allowed(tmp_path: Path) -> None:
    text = GRID + "search: random\ntrials: 2\n"
    plan = plan_of(tmp_path, text)
    journal = Journal(tmp_path / "tune.tune")
    journal.begin({"plan": plan.facts, "config": {}})
    more = plan_of(tmp_path, text.replace("trials: 2", "trials: 5"))
    check_same(journal, more, CheckedPlan({}, True))
