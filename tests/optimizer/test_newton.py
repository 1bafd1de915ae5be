from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.optimizer.newton import solve_positive
from layerzoo.schema import SolverParameter

MATRIX = torch.tensor([[4.0, 1.0], [1.0, 3.0]], dtype=torch.float64)


def test_quadratic_takes_one_step(descent):
    target = torch.tensor([1.0, 2.0], dtype=torch.float64)
    run = descent(lambda x: x @ MATRIX @ x / 2 - target @ x, [5.0, -7.0], type="Newton")
    run.run(1)
    assert run.param.tolist() == pytest.approx([1 / 11, 7 / 11], abs=1e-12)  # Cramer's rule
    assert run.evaluations == 2


def test_weight_decay_is_part_of_the_hessian(descent):
    # the minimum of (x - 3)^2 / 2 + 0.5 * x^2 / 2 is at 2
    run = descent(lambda x: ((x - 3) ** 2).sum() / 2, [10.0], type="Newton", weight_decay=0.5)
    run.run(1)
    assert run.param.item() == pytest.approx(2, abs=1e-12)


def test_damping_shortens_the_step(descent):
    # -(2 + 2)^-1 * 8
    run = descent(lambda x: (x**2).sum(), [4.0], type="Newton", newton_param={"damping": 2})
    run.run(1)
    assert run.param.item() == pytest.approx(2)


def test_step_descends_where_the_hessian_is_indefinite(descent):
    # a saddle at 0; Newton's own step leads there
    run = descent(lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4, [1.0, 0.1], type="Newton")
    losses = run.run(20)
    assert losses == sorted(losses, reverse=True)
    assert run.param.tolist() == pytest.approx([0, math.sqrt(0.5)], abs=1e-8)


@pytest.mark.parametrize("method", ["STRONG_WOLFE", "BACKTRACKING"])
def test_rosenbrock_takes_21_steps(descent, rosenbrock, method):
    run = descent(rosenbrock, [-1.2, 1.0], type="Newton", line_search_param={"method": method})
    losses = run.run(21)
    assert losses == sorted(losses, reverse=True)
    assert run.param.tolist() == pytest.approx([1, 1], abs=1e-6)


def test_stuck_is_set_at_a_minimum(descent):
    run = descent(lambda x: (x**2).sum(), [0.0, 0.0], type="Newton")
    assert run.run(1) == [0]
    assert run.rule.stuck


def test_solve_positive_shifts_an_indefinite_matrix():
    matrix = torch.tensor([[1.0, 0.0], [0.0, -2.0]])
    right = torch.tensor([1.0, 1.0])
    plain = solve_positive(MATRIX, right.double(), torch.ones(2).double(), 0.0)
    assert torch.allclose(MATRIX @ plain, right.double())
    # 2 is added for the least diagonal, and a thousandth of the largest one
    assert torch.allclose(
        solve_positive(matrix, right, torch.ones(2), 0.0), torch.tensor([1 / 3.002, 500]), rtol=1e-4
    )
    assert solve_positive(torch.full((2, 2), torch.nan), right, torch.ones(2), 0.0).isnan().all()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"damping": -1}, "newton_param.damping is -1"),
        ({"max_params": 3}, "keeps 4 x 4 numbers for as many values of params that train, 64 B in FP32"),
    ],
)
def test_faults(settings, says):
    with pytest.raises(ConfigError, match=says):
        make_rule(
            SolverParameter(type="Newton", newton_param=settings),
            [UpdateParam(nn.Parameter(torch.zeros(2, 2)))],
        )


def test_resumes(resumes_descent):
    resumes_descent(type="Newton")
