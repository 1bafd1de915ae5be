"""The plan of a tune."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import ConfigError
from layerzoo.tune.optuna_search import Pruning, TPESearch
from layerzoo.tune.plan import Prune, read_plan

PLAN = """\
solver: configs/mlp_solver.yaml
set: [max_iter=20]
axes:
  base_lr: {values: [0.1, 0.2]}
  momentum: {range: [0.5, 0.9], step: 0.2}
maximise: accuracy
"""


def faults(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "tune.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_plan(tmp_path / "tune.yaml")
    return [str(fault) for fault in caught.value.faults]


def test_plan_is_read(tmp_path: Path) -> None:
    (tmp_path / "tune.yaml").write_text(PLAN)
    plan = read_plan(tmp_path / "tune.yaml")
    assert plan.solver.name == "mlp_solver.yaml"
    assert plan.settings == ["max_iter=20"]
    assert [axis.levels for axis in plan.axes] == [("0.1", "0.2"), ("0.5", "0.7", "0.9")]
    assert (plan.metric, plan.maximise, plan.phase, plan.take) == ("accuracy", True, "TEST", "last")
    assert (plan.search, plan.trials, plan.seed) == ("grid", 6, 0)


def test_solver_is_searched_beside_the_plan(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("base_lr: 1")
    (tmp_path / "tune.yaml").write_text(PLAN.replace("configs/mlp_solver.yaml", "own.yaml"))
    assert read_plan(tmp_path / "tune.yaml").solver == tmp_path / "own.yaml"


def test_facts_are_equal_for_equal_plans(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PLAN)
    (tmp_path / "b.yaml").write_text("# another comment\n" + PLAN.replace("0.2}", "0.20}"))
    assert read_plan(tmp_path / "a.yaml").facts == read_plan(tmp_path / "b.yaml").facts


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("solver: configs/mlp_solver.yaml\n", "", "'solver' is not given"),
        ("mlp_solver", "mlp_slover", ":1:9: no file 'configs/mlp_slover.yaml'"),
        ("max_iter=20", "max_iter", ":2:15: expected '.' and a field name, or '=' and a value"),
        ("  base_lr", "  base-lr", ":4:7: expected '.' and a field name, or '=' and a value"),
        ("base_lr:", "snapshot_prefix:", ":4:3: 'snapshot_prefix' can't be an axis"),
        ("maximise: accuracy\n", "", "the score is not given"),
        ("maximise: accuracy", "maximise: accuracy\nminimise: loss", "both 'maximise' and 'minimise'"),
        ("maximise: accuracy", "maximize: accuracy", "unknown field 'maximize' in the plan of a tune"),
        ("maximise: accuracy", "maximise: accuracy\nsearch: gird", "search: expected "),
        ("maximise: accuracy", "maximise: accuracy\nsearch: random", "'trials' is not given"),
        ("maximise: accuracy", "maximise: accuracy\ntrials: 5", "trials: 5, but this grid has 6"),
        (", step: 0.2", "", ":5:3: a grid can't take all of 'momentum'"),
        ("accuracy", "accuracy\nsearch: one_at_a_time\ntrials: 6", "trials: 6, but this search has 4"),
        ("  base_lr: {values: [0.1, 0.2]}", "  x: {choices: [{name: a, set: [momentum=0.1]}]}",
         ":5:3: the axes 'x' and 'momentum' both set 'momentum'"),
        ("  base_lr: {values: [0.1, 0.2]}", "  x: {choices: [{name: a, set: [snapshot_prefix=b]}]}",
         ":4:3: 'snapshot_prefix' can't be an axis"),
        ("  base_lr: {values: [0.1, 0.2]}", "  x: {choices: [{name: a, set: [max_iter=1, max_iter]}]}",
         ":4:53: expected '.' and a field name"),
    ],
)  # fmt: skip
def test_wrong_plan_is_a_fault_at_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in PLAN
    assert any(fault in one for one in faults(tmp_path, PLAN.replace(old, new)))


def test_pruning_and_search_are_read(tmp_path: Path) -> None:
    text = PLAN + "search: tpe\ntrials: 9\nprune: {percentile: 30, warmup: 100}\n"
    (tmp_path / "tune.yaml").write_text(text)
    plan = read_plan(tmp_path / "tune.yaml")
    assert (plan.search, plan.trials) == ("tpe", 9)
    assert plan.prune == Prune(30.0, 5, 100)
    assert isinstance(plan.searcher(), TPESearch)
    assert isinstance(plan.pruning(), Pruning)
    assert plan.facts["prune"] == "percentile 30, first 5, warmup 100"


def test_wrong_pruning_is_a_fault(tmp_path: Path) -> None:
    assert (
        "expected a number between 0 and 100, got '100'"
        in faults(tmp_path, PLAN + "prune: {percentile: 100}")[0]
    )
    assert "unknown field 'warm_up' in 'prune'" in faults(tmp_path, PLAN + "prune: {warm_up: 3}")[0]
    assert "first: expected a whole number" in faults(tmp_path, PLAN + "prune: {first: 0}")[0]


def test_grid_beyond_the_limit_is_a_fault(tmp_path: Path) -> None:
    text = PLAN.replace("values: [0.1, 0.2]", "range: [1, 5000], integer: true").replace("0.2}", "0.004}")
    assert "the grid has 505,000 trials, at most 100,000 are allowed" in faults(tmp_path, text)[0]


def test_all_faults_are_raised_at_once(tmp_path: Path) -> None:
    text = PLAN.replace("max_iter=20", "max_iter").replace("accuracy", "accuracy\nseed: -1")
    assert len(faults(tmp_path, text)) == 2


def test_one_at_a_time_may_set_a_field_by_two_axes(tmp_path: Path) -> None:
    rule = "  rule: {choices: [{name: SGD}, {name: Adam, set: [type=Adam, base_lr=0.01]}]}\n"
    text = PLAN.replace("axes:\n", f"axes:\n{rule}") + "search: one_at_a_time\n"
    (tmp_path / "tune.yaml").write_text(text)
    plan = read_plan(tmp_path / "tune.yaml")
    assert plan.trials == 5
    made = [plan.arguments(plan.searcher().propose(number)) for number in range(plan.trials)]
    assert made[0] == ["base_lr=0.1", "momentum=0.5"]
    assert made[1] == ["base_lr=0.1", "momentum=0.5", "type=Adam", "base_lr=0.01"]
    assert made[2] == ["momentum=0.5", "base_lr=0.2"]
