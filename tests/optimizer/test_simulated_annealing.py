from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter


def parabola(x):
    return (x**2).sum()


def annealing(descent, function, start, **settings):
    return descent(function, start, type="SimulatedAnnealing", random_seed=5, annealing_param=settings)


def test_step_up_is_never_accepted_at_temperature_zero(descent):
    run = annealing(descent, parabola, [2.0, -1.0], temperature=0, deviation=0.3)
    losses = run.run(200)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.05
    assert 0 < run.rule.accepted < 200


def test_step_up_is_accepted_as_often_as_metropolis_says(descent):
    # |x| from far away: half of the steps go up by |step|, accepted with exp(-|step| / T); deviation 1, T 1
    run = annealing(descent, lambda x: x.sum(), [0.0], temperature=1, cooling=1, deviation=1)
    run.run(2000)
    # the integral of exp(-s) over the normal density, s > 0
    up = math.exp(0.5) * math.erfc(1 / math.sqrt(2)) / 2
    assert run.rule.accepted / 2000 == pytest.approx(0.5 + up, abs=0.03)


def test_samples_follow_the_distribution_of_the_temperature(descent):
    # exp(-x^2 / T) with T = 0.5: a variance of 0.25
    run = annealing(descent, parabola, [0.0], temperature=0.5, cooling=1, deviation=1)
    losses = torch.tensor(run.run(6000))
    assert losses.mean().item() == pytest.approx(0.25, abs=0.03)


def test_rejected_step_leaves_the_params_as_they_were(descent):
    run = annealing(descent, parabola, [0.0], temperature=0, deviation=1)
    run.run(3)
    assert run.param.item() == 0
    assert run.rule.accepted == 0
    assert run.evaluations == 4


def test_cooling_and_narrowing_are_powers_of_the_iteration(descent):
    run = annealing(descent, parabola, [1.0], temperature=1, cooling=0.5, deviation=0.5, narrowing=0.5)
    run.done = 60
    before = run.param.item()
    run.run(1)
    assert abs(run.param.item() - before) < 1e-15


def test_gradient_step_adds_descent(descent):
    run = annealing(descent, parabola, [4.0], proposal="GRADIENT_STEP", temperature=1e-9, deviation=0)
    run.run(1, lr=0.25)
    assert run.param.item() == pytest.approx(4 - 0.25 * 8)


def test_lr_mult_scales_the_perturbation():
    still, moving = nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(3))
    solver = SolverParameter(type="SimulatedAnnealing", annealing_param={"temperature": 1e9})
    rule = make_rule(solver, [UpdateParam(still, 0.0), UpdateParam(moving, 100.0)])

    class Flat:
        def loss(self):
            return 1.0

    rule.step(1.0, 0, Flat())
    assert not still.any()
    assert moving.abs().max() > 2


def test_draws_depend_on_seed_and_iteration(descent):
    def after(seed, first):
        settings = {"random_seed": seed, "annealing_param": {"temperature": 1e9}}
        run = descent(parabola, [1.0], type="SimulatedAnnealing", **settings)
        run.done = first
        run.run(1)
        return run.param.item()

    assert after(1, 0) == after(1, 0)
    assert len({after(1, 0), after(2, 0), after(1, 1)}) == 3


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"temperature": -1}, "annealing_param.temperature is -1"),
        ({"deviation": float("inf")}, "annealing_param.deviation is inf"),
        ({"cooling": 0}, "annealing_param.cooling is 0"),
        ({"narrowing": 2}, "annealing_param.narrowing is 2"),
    ],
)
def test_faults(settings, says):
    param = SolverParameter(type="SimulatedAnnealing", annealing_param=settings)
    with pytest.raises(ConfigError, match=says):
        make_rule(param, [UpdateParam(nn.Parameter(torch.zeros(2)))])


@pytest.mark.parametrize("proposal", ["PERTURBATION", "GRADIENT_STEP"])
def test_resumes(resumes_descent, proposal):
    resumes_descent(type="SimulatedAnnealing", annealing_param={"proposal": proposal, "temperature": 5})
