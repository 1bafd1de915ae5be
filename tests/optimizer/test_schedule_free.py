from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter

TYPES = ["ScheduleFreeSGD", "ScheduleFreeAdamW"]
SHAPES = [(3, 4), (5,)]
RATES = [0.01, 0.03, 0.05, 0.05, 0.02, 0.05, 0.05]


def draw(*key, shape):
    return np.random.default_rng(list(key)).standard_normal(shape)


def expected(type_name, decay, beta=0.9, beta2=0.99, lr_power=2.0, power=0.0):
    """x, y and z of each param after `RATES`, by the paper's formulas with x kept, in double precision."""
    x = [draw(9, i, shape=s) for i, s in enumerate(SHAPES)]
    z = [each.copy() for each in x]
    v = [np.zeros_like(each) for each in x]
    total = largest = 0.0
    for t, lr in enumerate(RATES):
        largest = max(largest, lr)
        weight = largest**lr_power * (t + 1) ** power
        total += weight
        c = weight / total
        for i in range(len(x)):
            y = (1 - beta) * z[i] + beta * x[i]
            g = draw(t, i, shape=SHAPES[i]) + 0.3 * y
            if type_name == "ScheduleFreeSGD":
                step = g + decay * y
            else:
                v[i] = beta2 * v[i] + (1 - beta2) * g**2
                step = g / (np.sqrt(v[i] / (1 - beta2 ** (t + 1))) + 1e-8) + decay * y
            z[i] = z[i] - lr * step
            x[i] = (1 - c) * x[i] + c * z[i]
    return x, [(1 - beta) * b + beta * a for a, b in zip(x, z, strict=True)], z


def train(rule, params, rates, first=0):
    for t, lr in enumerate(rates, first):
        for i, param in enumerate(params):
            param.grad = torch.from_numpy(draw(t, i, shape=SHAPES[i])) + 0.3 * param.detach()
        rule.step(lr, t)


def made(type_name, **fields):
    params = [nn.Parameter(torch.from_numpy(draw(9, i, shape=s))) for i, s in enumerate(SHAPES)]
    solver = SolverParameter(type=type_name, momentum=0.9, momentum2=0.99, **fields)
    return make_rule(solver, [UpdateParam(p, name=f"l{i}.weight") for i, p in enumerate(params)]), params


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize(
    ("fields", "settings"),
    [
        ({}, {}),
        ({"weight_decay": 0.1}, {"decay": 0.1}),
        ({"schedule_free_param": {"lr_power": 0, "power": 1}}, {"lr_power": 0.0, "power": 1.0}),
    ],
)
def test_params_are_those_of_the_papers_formulas(type_name, fields, settings):
    rule, params = made(type_name, **fields)
    train(rule, params, RATES)
    x, y, z = expected(type_name, **{"decay": 0.0, **settings})
    weights = rule.evaluated_weights()
    for i in range(len(SHAPES)):
        np.testing.assert_allclose(params[i].detach().numpy(), y[i], rtol=1e-6)
        np.testing.assert_allclose(rule.history[i].numpy(), z[i], rtol=1e-6)
        np.testing.assert_allclose(weights.means[i].numpy(), x[i], rtol=1e-6, atol=1e-8)


def test_settings_of_a_recorded_step_are_tensors():
    eager, params = made("ScheduleFreeAdamW", weight_decay=0.1)
    recorded, others = made("ScheduleFreeAdamW", weight_decay=0.1)
    train(eager, params, RATES)
    for t, lr in enumerate(RATES):
        for i, param in enumerate(others):
            param.grad = torch.from_numpy(draw(t, i, shape=SHAPES[i])) + 0.3 * param.detach()
        recorded.step(torch.tensor(lr), torch.tensor(t, dtype=torch.float64))
    for ours, theirs in zip(others, params, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)


def test_mean_takes_the_place_of_the_params_and_goes_again():
    rule, params = made("ScheduleFreeSGD")
    train(rule, params, RATES)
    weights = rule.evaluated_weights()
    before, means = [p.detach().clone() for p in params], weights.means
    assert not torch.allclose(before[0], means[0])
    with weights.in_place():
        assert torch.equal(params[0], means[0])
    assert torch.equal(params[0], before[0])


def test_rate_of_zero_has_no_weight():
    rule, params = made("ScheduleFreeSGD")
    start = [p.detach().clone() for p in params]
    train(rule, params, [0.0, 0.0])
    assert torch.equal(params[0], start[0])
    assert rule.numbers.tolist() == [0, 0]


def test_restart_takes_weights_that_were_loaded_until_there_was_an_update():
    rule, params = made("ScheduleFreeSGD")
    params[0].data.fill_(7)
    weights = rule.evaluated_weights()
    weights.restart()
    assert rule.history[0].eq(7).all()
    train(rule, params, RATES[:2])
    origin = rule.history[0].clone()
    weights.restart()
    assert torch.equal(rule.history[0], origin)


def test_param_that_does_not_train_stands_for_itself():
    moving, statistic = nn.Parameter(torch.ones(2)), nn.Parameter(torch.zeros(2), requires_grad=False)
    solver = SolverParameter(type="ScheduleFreeSGD", momentum=0.9, weight_decay=0.1)
    rule = make_rule(solver, [UpdateParam(moving), UpdateParam(statistic, 0.0)])
    statistic.data.fill_(5)  # as BatchNorm does
    moving.grad = torch.ones(2)
    rule.step(0.1, 0)
    assert statistic.tolist() == [5, 5]
    assert rule.evaluated_weights().means[1].tolist() == [5, 5]


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"momentum": 0}, "momentum is 0; .* needs it above 0 and below 1"),
        ({"ema_param": {}}, "ema_param doesn't work with .*: tests and publishing use a mean"),
        ({"snapshot_format": 1}, "snapshot_format doesn't work with .*: Caffe's files have no room"),
        ({"clip_weights": 1}, "clip_weights doesn't work with .*: its params lie between two others"),
        ({"clamp_weights_upper": 1}, "clamp_weights_upper doesn't work with"),
        ({"decoupled_weight_decay": True}, "decoupled_weight_decay"),
        ({"schedule_free_param": {"power": -1}}, "schedule_free_param.power is -1"),
    ],
)
def test_faults(type_name, fields, says):
    solver = SolverParameter(**{"type": type_name, "momentum": 0.9, **fields})
    with pytest.raises(ConfigError, match=says):
        make_rule(solver, [UpdateParam(nn.Parameter(torch.zeros(2)))])


@pytest.mark.parametrize("type_name", TYPES)
def test_resumes(resumes, type_name):
    resumes(type=type_name, momentum=0.9, weight_decay=0.01)
