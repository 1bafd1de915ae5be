from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter

METHODS = ["TRUST_REGION", "LINE_SEARCH"]


@pytest.mark.parametrize("method", METHODS)
def test_minimum_of_rosenbrock_is_reached(descent, rosenbrock, method):
    settings = {"method": method, "tolerance": 0.01}
    run = descent(rosenbrock, [-1.2, 1.0], type="NewtonCG", newton_cg_param=settings)
    losses = run.run(22)
    assert losses == sorted(losses, reverse=True)
    assert run.param.tolist() == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_quadratic_takes_one_step_with_exact_products(descent, method):
    matrix = torch.tensor([[4.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
    target = torch.tensor([1.0, 2.0], dtype=torch.float64)
    settings = {"method": method, "tolerance": 0, "radius": 100}
    run = descent(
        lambda x: x @ matrix @ x / 2 - target @ x, [5.0, -7.0], type="NewtonCG", newton_cg_param=settings
    )
    run.run(1)
    assert run.param.tolist() == pytest.approx([1 / 11, 7 / 11], abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_negative_curvature_leads_away_from_a_saddle(descent, method):
    run = descent(
        lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4,
        [1.0, 0.01],
        type="NewtonCG",
        newton_cg_param={"method": method},
    )
    losses = run.run(25)
    assert losses == sorted(losses, reverse=True)
    assert run.param.tolist() == pytest.approx([0, 0.5**0.5], abs=1e-6)


def test_step_ends_at_the_radius_and_the_radius_grows(descent):
    run = descent(lambda x: (x**2).sum() / 2, [10.0, 0.0], type="NewtonCG", newton_cg_param={"radius": 1})
    run.run(1)
    assert run.param.tolist() == pytest.approx([9, 0])
    run.run(1)
    assert run.param.tolist() == pytest.approx([7, 0])


def test_learning_rate_scales_the_radius(descent):
    run = descent(lambda x: (x**2).sum() / 2, [10.0], type="NewtonCG", newton_cg_param={"radius": 4})
    run.run(1, lr=0.25)
    assert run.param.item() == pytest.approx(9)


def test_max_radius_limits_steps(descent):
    settings = {"radius": 1, "max_radius": 1.5}
    run = descent(lambda x: (x**2).sum() / 2, [10.0], type="NewtonCG", newton_cg_param=settings)
    run.run(3)
    assert run.param.item() == pytest.approx(10 - 1 - 1.5 - 1.5)


def test_stuck_is_set_at_a_minimum(descent):
    run = descent(lambda x: (x**2).sum(), [0.0, 0.0], type="NewtonCG")
    assert run.run(1) == [0]
    assert run.rule.stuck


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"tolerance": 1}, "newton_cg_param.tolerance is 1"),
        ({"max_products": 0}, "newton_cg_param.max_products is 0"),
        ({"radius": 0}, "newton_cg_param.radius is 0"),
        ({"radius": 2, "max_radius": 1}, "has to be above 0 and at most max_radius, 1"),
    ],
)
def test_faults(settings, says):
    param = SolverParameter(type="NewtonCG", newton_cg_param=settings)
    with pytest.raises(ConfigError, match=says):
        make_rule(param, [UpdateParam(nn.Parameter(torch.zeros(2)))])


@pytest.mark.parametrize("method", METHODS)
def test_resumes(resumes_descent, method):
    resumes_descent(type="NewtonCG", newton_cg_param={"method": method})
