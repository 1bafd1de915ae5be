"""The comparison of update rules, learning rate policies and fillers has all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.filler import FILLERS
from layerzoo.lr_policy import POLICIES
from layerzoo.optimizer import RULES
from layerzoo.solver import Solver
from tests.courses.lessons import bar_of, make_solver, measure, plan_of, read_scores, runs_of_plan
from tests.courses.tables import table_file, table_of

LESSON = read_scores()["optimisers"]
PLAN = plan_of("optimisers")
assert PLAN is not None
RUNS = runs_of_plan(PLAN)
QUICK = [name for name in RUNS if name != "Newton"]
"""Newton's method computes the whole matrix of second derivatives: a few seconds for 12 iterations."""


def test_plan_has_every_rule_policy_and_filler() -> None:
    assert PLAN is not None
    levels = {axis.path: sorted(axis.levels) for axis in PLAN.axes}
    assert levels == {"rule": sorted(RULES), "policy": sorted(POLICIES), "filler": sorted(FILLERS)}


@pytest.mark.parametrize("name", [name for name in RUNS if " " not in name])
def test_run_is_of_the_rule_policy_or_filler_that_it_is_named_after(name: str, tmp_path: Path) -> None:
    solver = made(name, tmp_path)
    fillers = {
        blob.type
        for layer in solver.net.graph.layers
        for blob in (layer.param.convolution_param.weight_filler,)
        if layer.param.type == "Convolution"
    }
    assert name in {solver.param.type, solver.param.lr_policy, *fillers}
    assert sum((solver.param.type != "SGD", solver.param.lr_policy != "poly", fillers != {"xavier"})) <= 2


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in QUICK])
def test_run_reaches_its_bar(name: str) -> None:
    value, _ = measure("optimisers", LESSON["metric"], RUNS[name])
    assert bar_of(LESSON["runs"][name], LESSON).is_reached(value), value


def test_newton_lowers_the_loss_with_each_matrix(tmp_path: Path) -> None:
    solver = made("Newton", tmp_path)
    losses = []
    for _ in range(3):
        solver.step(1)
        losses.append(float(solver.run.train.losses[-1]))
    assert losses[2] < losses[1] < losses[0]


def test_constant_filler_leaves_all_weights_at_zero(tmp_path: Path) -> None:
    solver = made("constant", tmp_path)
    solver.step(20)
    hidden, _, score, bias = solver.net.learnable
    assert not torch.count_nonzero(hidden)
    assert not torch.count_nonzero(score)
    assert torch.count_nonzero(bias)


def made(name: str, folder: Path) -> Solver:
    return make_solver("optimisers", RUNS[name], folder)


def test_table_has_the_committed_scores() -> None:
    assert PLAN is not None
    assert table_file("optimisers").read_text(encoding="utf-8") == table_of("optimisers", PLAN, LESSON)
