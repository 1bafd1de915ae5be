"""The best trial's config and commands."""

from __future__ import annotations

from pathlib import Path

from layerzoo.loader import load_solver
from layerzoo.tune import Journal, Trial
from layerzoo.tune.best import best_trial, next_commands, write_best
from tests.tune.plans import plan_of

CONFIG = """\
net_param { name: "n" layer { name: "data" type: "Input" top: "data" } }
base_lr: 0.25
max_iter: 10
snapshot_prefix: "tune.tune/trial-0003"
"""


def test_best_is_a_trial_that_is_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert best_trial(journal, maximise=True) is None
    journal.trials[0] = Trial(0, {}, "failed")
    assert best_trial(journal, maximise=True) is None
    journal.trials[1] = Trial(1, {}, "done", 0.5)
    assert best_trial(journal, maximise=True) is journal.trials[1]


def test_config_trains_in_a_run_of_its_own(tmp_path: Path) -> None:
    run = tmp_path / "trial-0003.run"
    run.mkdir()
    (run / "solver.prototxt").write_text(CONFIG)
    path = write_best(tmp_path, Trial(3, {}, "done", 0.5))
    param = load_solver(path).message
    assert param.base_lr == 0.25
    assert param.snapshot_prefix == str(tmp_path / "best")
    assert param.net_param.layer[0].name == "data"


def test_commands_train_and_publish(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    lines = dict(next_commands(plan, Path("tune.tune"), Trial(3, {"base_lr": "0.25"}), True))
    assert lines["train it for longer"] == "layerzoo train -solver tune.tune/best.yaml -set max_iter=N"
    assert lines["publish it"] == "layerzoo zoo publish tune.tune/trial-0003.run -name NAME"
    assert lines["train it again"].endswith("-set base_lr=0.25")
