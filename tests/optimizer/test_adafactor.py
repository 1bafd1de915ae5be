from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter


def run(start, gradients, lr, **fields):
    """Params after updates; the learning rate is that of each update."""
    param = nn.Parameter(start.clone())
    rule = make_rule(SolverParameter(type="Adafactor", **fields), [UpdateParam(param, name="ip.weight")])
    for t, gradient in enumerate(gradients):
        param.grad = gradient.clone()
        rule.step(lr, t)
    return param.detach(), rule


def draws(*shape, count=8):
    generator = torch.Generator().manual_seed(3)
    return [torch.randn(*shape, generator=generator) for _ in range(count)]


@pytest.mark.parametrize("shape", [(5,), (4, 7), (1, 6)])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_params_are_torchs(shape, decay):
    start, *gradients = draws(*shape)
    ours, _ = run(start, gradients, 0.5, weight_decay=decay)
    theirs = nn.Parameter(start.clone())
    peer = torch.optim.Adafactor([theirs], lr=0.5, weight_decay=decay)
    for gradient in gradients:
        theirs.grad = gradient.clone()
        peer.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-5, atol=1e-6)


def test_filters_are_a_matrix_of_outputs_by_all_else():
    start, *gradients = draws(4, 3, 2, 2)
    ours, rule = run(start, gradients, 0.5)
    flat, _ = run(start.flatten(1), [g.flatten(1) for g in gradients], 0.5)
    torch.testing.assert_close(ours.flatten(1), flat)
    assert [tuple(h.shape) for h in rule.history] == [(4, 1), (1, 12), (0,), (0,)]


def test_first_step_of_a_vector_is_that_by_hand():
    # v = g^2, u = sign(g), of a root mean square of 1; a = min(0.5, 1) * rms(w) = 0.5 * 5 / sqrt(2)
    ours, _ = run(torch.tensor([3.0, -4.0]), [torch.tensor([2.0, -7.0])], 0.5)
    size = 0.5 * 5 / 2**0.5
    assert ours.tolist() == pytest.approx([3 - size, -4 + size])


def test_settings_act_as_their_formulas_say():
    def plain(rates):
        w, v, m = np.array([3.0, -4.0]), np.zeros(2), np.zeros(2)
        for t, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), 1):
            g = gradient.numpy().astype("f8")
            v += (g**2 - v) * t**-0.5
            u = g / np.sqrt(v)
            u /= max(1, np.sqrt((u**2).mean()) / 0.5)
            m = 0.8 * m + 0.2 * u
            w = w - rate * m
        return w

    settings = {"decay_rate": 0.5, "clip_threshold": 0.5, "scale_by_param": False}
    gradients = [torch.tensor([2.0, -1.0]), torch.tensor([0.5, 1.0])]
    start = torch.tensor([3.0, -4.0])
    fields = {"momentum": 0.8, "adafactor_param": {**settings, "relative_step": False}}
    ours, _ = run(start, gradients, 0.9, **fields)
    assert ours.tolist() == pytest.approx(plain([0.9, 0.9]).tolist())
    fields = {"momentum": 0.8, "adafactor_param": settings}
    ours, _ = run(start, gradients, 0.9, **fields)
    assert ours.tolist() == pytest.approx(plain([0.9, 2**-0.5]).tolist())


def test_least_scale_moves_a_param_of_zeros():
    ours, _ = run(torch.zeros(2), [torch.ones(2)], 0.5, adafactor_param={"least_scale": 0.01})
    assert ours.tolist() == pytest.approx([-0.005, -0.005])


def test_relative_step_is_multiplied_by_lr_mult():
    param = nn.Parameter(torch.tensor([1.0, 1.0]))
    rule = make_rule(SolverParameter(type="Adafactor"), [UpdateParam(param, 0.25, name="ip.weight")])
    param.grad = torch.ones(2)
    rule.step(9.0, 0)
    assert param.tolist() == pytest.approx([0.75, 0.75])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"momentum": 1}, "momentum is 1; Adafactor needs it"),
        ({"adafactor_param": {"decay_rate": 0}}, "adafactor_param.decay_rate is 0"),
        ({"adafactor_param": {"clip_threshold": 0}}, "adafactor_param.clip_threshold is 0"),
        ({"adafactor_param": {"least_scale": 0}}, "adafactor_param.least_scale is 0"),
        ({"decoupled_weight_decay": True}, "Adafactor has a weight decay of its own"),
    ],
)
def test_faults(fields, says):
    with pytest.raises(ConfigError, match=says):
        make_rule(SolverParameter(type="Adafactor", **fields), [UpdateParam(nn.Parameter(torch.zeros(2)))])


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_resumes(resumes, momentum):
    resumes(type="Adafactor", momentum=momentum, weight_decay=0.01)
