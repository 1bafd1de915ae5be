"""The loss is compared with loops over items and classes, field by field."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

FIELDS = (
    {},
    {"positive_margin": 0.3, "negative_margin": 1.5, "positive_weight": 2, "negative_weight": 0.5},
    {"square": True, "positive_margin": 0.3, "negative_margin": 1.5, "negative_weight": 1.5},
    {"negative_margin": 0.4, "exponent_scale": 9},
)


def reference(x, labels, fields, limit, weights=None):
    p = {"positive_margin": 1, "negative_margin": 1, "positive_weight": 1, "negative_weight": 1, **fields}
    scale, power = p["negative_weight"], 2 if p.get("square") else 1
    count, classes = x.shape
    loss, over, short = 0.0, 0.0, 0.0
    slope = np.zeros_like(x)
    for i in range(count):
        total = 0.0
        for j in range(classes):
            if j == labels[i]:
                value = min(limit, max(0.0, x[i, j] - p["positive_margin"]))
                over += value
                loss += p["positive_weight"] * value**power
                if p["positive_margin"] < x[i, j] < limit:
                    slope[i, j] = p["positive_weight"] * (x[i, j] if p.get("square") else 1)
            elif x[i, j] < p["negative_margin"]:
                gap = p["negative_margin"] - x[i, j]
                short += gap
                total += math.exp(scale * gap**power)
                slope[i, j] = -scale * (gap if p.get("square") else 1) * math.exp(scale * gap**power)
        for j in range(classes):
            if j != labels[i] and total:
                slope[i, j] /= total
        loss += math.log(total) if total else 0
    if weights is not None:
        slope *= weights[:, None] / weights.mean()
    return loss / count, slope / count, [over / count, short / count / (classes - 1)]


@pytest.mark.parametrize("fields", FIELDS, ids=lambda fields: "-".join(fields) or "default")
@pytest.mark.parametrize("limit", [4, 1.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_gradient_agree_with_loops(make, fields, limit, weighted):
    rng = np.random.default_rng(6)
    x, labels, weights = rng.random((9, 4)) * 2, rng.integers(0, 4, 9), rng.random(9)
    if limit < 4 and fields.get("positive_margin", 1) and not (weighted or fields.get("square")):
        limit = 4  # between the limit and the limit plus the margin the value still rises
    names = 'bottom: ["a", "b", "c"]' if weighted else ""
    text = f'type: "SoftContrastiveLoss" {names} top: "loss" top: "d"'
    layer = make(
        text,
        *[(9, 4), (9,), (9,)][: 3 if weighted else 2],
        soft_contrastive_loss_param=fields,
        general_contrastive_loss_param={"positive_outlier_thresh": limit},
    ).double()
    leaf = torch.from_numpy(x).requires_grad_()
    more = [torch.from_numpy(weights)] if weighted else []
    loss, figures = layer(leaf, torch.from_numpy(labels), *more)
    loss.backward()
    value, gradient, means = reference(x, labels, fields, limit, weights if weighted else None)
    assert loss.item() == pytest.approx(value)
    assert figures.tolist() == pytest.approx(means)
    np.testing.assert_allclose(leaf.grad.numpy(), gradient, atol=1e-7)


def test_item_without_a_class_inside_the_margin_costs_nothing(make):
    x = torch.tensor([[0.5, 3.0, 2.0]], requires_grad=True)
    loss = make("SoftContrastiveLoss", (1, 3), (1,))(x, torch.zeros(1))
    loss.backward()
    assert loss.item() == 0
    assert x.grad.tolist() == [[0, 0, 0]]


def test_weights_are_one_per_item(shapes):
    with pytest.raises(LayerFault, match="expected one weight per item"):
        shapes("SoftContrastiveLoss", (7, 4), (7,), (7, 4))
