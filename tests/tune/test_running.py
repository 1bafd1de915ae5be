"""A trial that runs, and its score."""

from __future__ import annotations

import errno
import json
import os
from math import inf, nan
from pathlib import Path

import pytest

from layerzoo.errors import LayerzooError
from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import Trial
from layerzoo.tune.plan import Plan
from layerzoo.tune.running import (
    RunningTrial,
    command_of,
    end_early,
    read_curve,
    run_of,
    settings_of,
    settle,
)

LINES = [
    {"iteration": 0, "phase": "TEST", "seconds": 1.0, "outputs": {"accuracy": [0.1], "top": [1, 2]}},
    {"iteration": 10, "phase": "TRAIN", "seconds": 2.0, "loss": 0.5, "outputs": {"loss": [0.7]}},
    {"iteration": 10, "phase": "TEST", "seconds": 3.0, "outputs": {"accuracy": [0.6], "top": [1, 2]}},
    {"iteration": 10, "phase": "TEST", "net": 1, "seconds": 3.5, "outputs": {"accuracy": [0.3]}},
    {"iteration": 20, "phase": "TEST", "seconds": 4.0, "outputs": {"accuracy": [0.5], "top": [1, 2]}},
]  # fmt: skip


def plan(metric: str = "accuracy", phase: str = "TEST", take: str = "last", maximise: bool = True) -> Plan:
    return Plan(Path("tune.yaml"), None, metric=metric, phase=phase, take=take, maximise=maximise)  # type: ignore[arg-type]


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def test_curve_leaves_out_the_untrained_net(metrics: Path) -> None:
    assert read_curve(metrics, plan()) == ([(10, 0.6), (20, 0.5)], 4.0)


def test_curve_of_the_second_test_net(metrics: Path) -> None:
    assert read_curve(metrics, plan("accuracy#1"))[0] == [(10, 0.3)]


def test_training_loss_is_the_smoothed_one(metrics: Path) -> None:
    assert read_curve(metrics, plan("loss", "TRAIN"))[0] == [(10, 0.5)]


def test_score_of_several_values_is_an_error(metrics: Path) -> None:
    with pytest.raises(LayerzooError, match="'top' has 2 values; a score is one number"):
        read_curve(metrics, plan("top"))


@pytest.mark.parametrize(
    ("take", "maximise", "point"),
    [("last", True, (30, 0.4)), ("best", True, (10, 0.6)), ("best", False, (20, 0.3))],
)
def test_score_is_the_last_or_the_best(take: str, maximise: bool, point: tuple[int, float]) -> None:
    trial = Trial(0, {}, curve=[(10, 0.6), (20, 0.3), (30, 0.4)])
    settle(trial, plan(take=take, maximise=maximise))
    assert (trial.state, trial.iteration, trial.value) == ("done", *point)


def test_score_that_is_not_finite_fails_the_trial() -> None:
    trial = Trial(0, {}, curve=[(10, 0.6), (20, nan)])
    settle(trial, plan())
    assert (trial.state, trial.value, trial.curve) == ("failed", None, [(10, 0.6)])
    assert trial.message == "'accuracy' is not finite at the end"
    trial = Trial(0, {}, curve=[(10, 0.6), (20, inf)])
    settle(trial, plan(take="best"))
    assert (trial.state, trial.value) == ("done", 0.6)


def test_trial_without_a_test_has_failed() -> None:
    trial = Trial(0, {})
    settle(trial, plan())
    assert (trial.state, trial.message) == ("failed", "'accuracy' was not recorded after the first iteration")


def test_pruned_trial_keeps_its_last_finite_score() -> None:
    trial = Trial(0, {}, curve=[(10, 0.6), (20, 0.5), (30, nan)])
    end_early(trial)
    assert (trial.state, trial.iteration, trial.value) == ("pruned", 20, 0.5)
    assert trial.curve == [(10, 0.6), (20, 0.5)]


def test_command_has_settings_and_a_seed_for_solvers_without_one() -> None:
    made = plan()
    made.solver, made.settings, made.weights, made.seed = Path("s.yaml"), ["max_iter=9"], ["a", "b"], 4
    made.axes = [Axis("base_lr", ("0.1",))]
    trial = Trial(0, {"base_lr": "0.1"})
    assert settings_of(made, trial, has_seed=True) == ["max_iter=9", "base_lr=0.1"]
    assert command_of(made, settings_of(made, trial, has_seed=False), ["-gpu=1"]) == [
        "train", "-solver", "s.yaml", "-weights=a,b", "-gpu=1",
        "-set", "max_iter=9", "-set", "base_lr=0.1", "-set", "random_seed=4",
    ]  # fmt: skip


def test_run_of_a_trial_is_numbered() -> None:
    assert run_of(Path("x.tune"), 12) == Path("x.tune/trial-0012.run")


def test_values_that_cannot_be_read_are_an_error_and_missing_ones_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = RunningTrial.__new__(RunningTrial)
    running.trial, running.folder, running._plan = Trial(0, {}), tmp_path, plan()
    assert not running.update()

    def broken(path: Path, plan: Plan) -> object:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr("layerzoo.tune.running.read_curve", broken)
    with pytest.raises(OSError, match="Input/output error"):
        running.update()
    assert running.trial.state == "begun"
