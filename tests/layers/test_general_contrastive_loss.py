"""The loss is compared with loops over items and classes, field by field."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "label" type: "DummyData" top: "label" dummy_data_param { shape { dim: 3 }
  data_filler { type: "constant" value: 2 } } }
layer {
  name: "l" type: "GeneralContrastiveLoss" bottom: "x" bottom: "label" top: "loss"
  general_contrastive_loss_param { positive_first: true }
}
"""

SHAPES = ((7, 4), (7,))
FIELDS = (
    {},
    {"positive_margin": 0.3, "negative_margin": 1.8, "positive_weight": 2, "negative_weight": 0.5},
    {"positive_outlier_thresh": 0.9},
    {"max_negative_only": True, "negative_margin": 1.5},
    {"max_negative_only": True, "exp_negative_weight": True, "negative_margin": 1.5},
    {"max_positive_only": True},
    {"exp_negative_weight": True, "negative_margin": 1.5},
    {"positive_first": True, "positive_upper_bound": 0.8, "negative_margin": 1.5},
    {
        "positive_first": True,
        "positive_upper_bound": 0.8,
        "max_positive_only": True,
        "max_negative_only": True,
    },
    {"normalize_negative": 0.2, "negative_margin": 1.9},
    {"normalize_negative": 0.2, "negative_margin": 1.9, "exp_negative_weight": True, "positive_first": True},
    {"normalize_negative": 100, "negative_margin": 1.9},
    {"negative_weight": -0.5, "negative_margin": 1.5},
)
DEFAULTS = {
    "positive_margin": 0,
    "negative_margin": 1,
    "positive_weight": 1,
    "negative_weight": 1,
    "positive_outlier_thresh": 4,
    "positive_upper_bound": 1,
}


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random((7, 4)) * 2, rng.integers(0, 4, 7)


def reference(x, labels, fields):
    """Loss, gradient and mean distances."""
    p = {**DEFAULTS, **fields}
    count, classes = x.shape
    cost, slope = np.zeros_like(x), np.zeros_like(x)
    over = short = 0.0
    cheapest, negative_sum = 0, 0.0
    for i in range(count):
        for j in range(classes):
            if j == labels[i]:
                value = min(p["positive_outlier_thresh"], max(0.0, x[i, j] - p["positive_margin"]))
                cost[i, j] = p["positive_weight"] * value
                over += value
                if cost[i, j] < cost[cheapest, labels[cheapest]]:
                    cheapest = i
            elif x[i, j] < p["negative_margin"]:
                value = p["negative_margin"] - x[i, j]
                short += value
                value = math.exp(-x[i, j]) if p.get("exp_negative_weight") else value
                cost[i, j] = p["negative_weight"] * value
    nearest = []
    for i in range(count):
        best = 0
        for j in range(classes):
            if j != labels[i] and x[i, j] < p["negative_margin"] and cost[i, j] > cost[i, best]:
                best = j
        nearest.append(best)
    for i in range(count):
        far = p.get("positive_first") and x[i, labels[i]] > p["positive_upper_bound"]
        for j in range(classes):
            if j == labels[i]:
                if p.get("max_positive_only") and i != cheapest:
                    cost[i, j] = 0
                inside = p["positive_margin"] < x[i, j] < p["positive_outlier_thresh"]
                chosen = not p.get("max_positive_only") or i == cheapest
                slope[i, j] = p["positive_weight"] if far or (inside and chosen) else 0
            else:
                dropped = p.get("max_negative_only") and j != nearest[i]
                if far or dropped:
                    cost[i, j] = 0
                elif x[i, j] < p["negative_margin"]:
                    size = p["negative_weight"] * (math.exp(-x[i, j]) if p.get("exp_negative_weight") else 1)
                    slope[i, j] = -size
                    negative_sum += size
    if "normalize_negative" in p:
        size = abs(negative_sum) / p["normalize_negative"] / count
        if size > p["positive_weight"]:
            for i in range(count):
                slope[i, [j for j in range(classes) if j != labels[i]]] /= size
    figures = [over / count, short / count / (classes - 1)]
    return np.abs(cost).sum() / count, slope / count, figures


@pytest.mark.parametrize("fields", FIELDS, ids=lambda fields: "-".join(fields) or "default")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_loss_and_gradient_agree_with_loops(make, fields, seed):
    x, labels = data(seed)
    text = 'type: "GeneralContrastiveLoss" top: "loss" top: "d"'
    layer = make(text, *SHAPES, general_contrastive_loss_param=fields).double()
    leaf = torch.from_numpy(x).requires_grad_()
    loss, figures = layer(leaf, torch.from_numpy(labels))
    loss.backward()
    value, gradient, means = reference(x, labels, fields)
    assert loss.item() == pytest.approx(value)
    assert figures.tolist() == pytest.approx(means)
    np.testing.assert_allclose(leaf.grad.numpy(), gradient, atol=1e-12)


def test_third_bottom_is_read_and_the_first_gets_the_gradient(make):
    x, labels = data(3)
    layer = make('type: "GeneralContrastiveLoss" bottom: ["a", "b", "c"]', (7, 4), (7,), (7, 4)).double()
    leaf = torch.zeros(7, 4, dtype=torch.float64, requires_grad=True)
    loss = layer(leaf, torch.from_numpy(labels), torch.from_numpy(x))
    loss.backward()
    value, gradient, _ = reference(x, labels, {})
    assert loss.item() == pytest.approx(value)
    np.testing.assert_allclose(leaf.grad.numpy(), gradient, atol=1e-12)


def test_running_mean_widens_the_margin_of_the_next_pass(make):
    fields = {"add_intra_mae": True, "max_negative_margin": 0.015}
    text = 'type: "GeneralContrastiveLoss" top: "loss" top: "d"'
    layer = make(text, (1, 2), (1,), general_contrastive_loss_param=fields)
    x, labels = torch.tensor([[1.0, 0.5]]), torch.zeros(1)
    passes = [layer(x, labels) for _ in range(3)]
    means = [d[2].item() for _, d in passes]
    assert means == pytest.approx([0.01, 0.015, 0.015])  # 0.99 * 0.01 + 0.01 exceeds the largest
    assert [loss.item() for loss, _ in passes] == pytest.approx([1.5, 1.51, 1.515])
    assert "intra_mae" in dict(layer.named_buffers())  # so it is part of snapshots


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match="expected distances for distances"):
        shapes("GeneralContrastiveLoss", (7, 4), (7,), (7,))
