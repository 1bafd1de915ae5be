from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.optimizer.muon import orthogonalise
from layerzoo.schema import SolverParameter

A, B, C = 3.4445, -4.775, 2.0315


def turned(matrix: np.ndarray, steps: int = 5) -> np.ndarray:
    """Newton and Schulz's iteration, by the singular values: each step is a polynomial of them."""
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    s = s / np.sqrt((s**2).sum())
    for _ in range(steps):
        s = A * s + B * s**3 + C * s**5
    return (u * s) @ v


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3)])
def test_orthogonalise_applies_the_polynomial_to_singular_values(shape):
    matrices = torch.randn(2, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = orthogonalise(matrices, 5, torch.float64)
    for ours, matrix in zip(found, matrices, strict=True):
        np.testing.assert_allclose(ours.numpy(), turned(matrix.numpy()), atol=1e-10)
    values = torch.linalg.svdvals(orthogonalise(matrices, 5, torch.bfloat16))
    assert float(values.min()) > 0.3
    assert float(values.max()) < 1.3


def test_orthogonalise_keeps_zeros():
    assert not orthogonalise(torch.zeros(1, 3, 2), 5).any()


def formula(momentum, nesterov, scale):
    """The step of a param by its shape, in double precision."""

    def step(w, g, history, rate, t, decay):
        means, squares = history
        if w.ndim > 1:
            means[:] = momentum * means + (1 - momentum) * g
            update = momentum * means + (1 - momentum) * g if nesterov else means
            rows, columns = len(w), w[0].size
            factor = max(1, rows / columns) ** 0.5 if scale == "ORIGINAL" else 0.2 * max(rows, columns) ** 0.5
            step = factor * turned(update.reshape(rows, columns)).reshape(w.shape)
        else:
            means[:] = 0.9 * means + 0.1 * g
            squares[:] = 0.95 * squares + 0.05 * g**2
            step = means / (1 - 0.9**t) / (np.sqrt(squares / (1 - 0.95**t)) + 1e-8)
        return rate * (step + decay * w)

    return step


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("scale", ["ORIGINAL", "MATCH_RMS_ADAMW"])
def test_agrees(agrees, own_decay_variant, nesterov, scale):
    settings = {"nesterov": nesterov, "scale": scale, "single_precision": True}
    agrees(
        formula(0.9, nesterov, scale),
        2,
        own_decay=True,
        type="Muon",
        momentum=0.9,
        momentum2=0.95,
        muon_param=settings,
        **own_decay_variant,
    )


@pytest.mark.parametrize("scale", ["ORIGINAL", "MATCH_RMS_ADAMW"])
def test_matrices_are_torchs_up_to_bf16(scale):
    start = torch.randn(6, 10, generator=torch.Generator().manual_seed(0))
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    solver = SolverParameter(type="Muon", momentum=0.95, weight_decay=0.1, muon_param={"scale": scale})
    rule = make_rule(solver, [UpdateParam(ours, name="ip.weight")])
    peer = torch.optim.Muon(
        [theirs],
        lr=0.02,
        momentum=0.95,
        weight_decay=0.1,
        adjust_lr_fn=scale.lower(),
    )
    for t in range(5):
        gradient = torch.randn(6, 10, generator=torch.Generator().manual_seed(t + 1))
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        rule.step(0.02, t)
        peer.step()
    assert float((ours - theirs).detach().abs().max()) < 0.02 * float((ours - start).detach().abs().max())


def rule_of(params, **settings):
    return make_rule(SolverParameter(type="Muon", momentum=0.95, muon_param=settings), params)


def test_matrices_are_told_from_other_params():
    params = [
        UpdateParam(nn.Parameter(torch.zeros(3, 4)), name="ip.weight"),
        UpdateParam(nn.Parameter(torch.zeros(3)), name="ip.bias"),
        UpdateParam(nn.Parameter(torch.zeros(3, 2, 5, 5)), name="conv.weight"),
        UpdateParam(nn.Parameter(torch.zeros(1, 4)), name="row.weight"),
        UpdateParam(nn.Parameter(torch.zeros(9, 4)), name="embed.weight", table=True),
        UpdateParam(nn.Parameter(torch.zeros(3, 4)), name="fc8.weight"),
        UpdateParam(nn.Parameter(torch.zeros(3, 4)), name="block/fc8#2.weight", layer="fc8"),
    ]
    rule = rule_of(params, adamw=["fc*"])
    assert [rule.kind(param) for param in params] == ["matrix", "AdamW", "matrix", *["AdamW"] * 4]
    assert [h.numel() for h in rule.history[7:]] == [0, 3, 0, 4, 36, 12, 12]


def test_learning_rate_of_adamw_is_scaled():
    moved = []
    for mult in (1.0, 0.5):
        param = nn.Parameter(torch.ones(3))
        rule = rule_of([UpdateParam(param, name="ip.bias")], adamw_lr_mult=mult)
        param.grad = torch.ones(3)
        rule.step(0.1, 0)
        moved.append(1 - param[0].item())
    assert moved == pytest.approx([0.1, 0.05])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"momentum": 1}, "momentum is 1; Muon needs it at least 0 and below 1"),
        ({"momentum2": 1}, "momentum2 is 1"),
        ({"muon_param": {"adamw_momentum": 1}}, "muon_param.adamw_momentum is 1"),
        ({"muon_param": {"adamw_lr_mult": -1}}, "muon_param.adamw_lr_mult is -1"),
        ({"muon_param": {"steps": 0}}, "muon_param.steps is 0; it has to be 1 to 99"),
        (
            {"muon_param": {"adamw": ["ipp"]}},
            "muon_param.adamw: 'ipp' matches no layer with params\\n *did you mean 'ip'",
        ),
        ({"regularization_type": "L1L2"}, "regularization_type L1L2 doesn't work with Muon"),
    ],
)
def test_faults(fields, says):
    with pytest.raises(ConfigError, match=says):
        make_rule(
            SolverParameter(type="Muon", **fields),
            [UpdateParam(nn.Parameter(torch.zeros(2, 2)), name="ip.weight")],
        )


def test_resumes(resumes):
    resumes(type="Muon", momentum=0.95, weight_decay=0.01)
