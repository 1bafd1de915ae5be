"""The loss is compared with loops over items and classes, field by field."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "label" type: "DummyData" top: "label" dummy_data_param { shape { dim: 3 }
  data_filler { type: "constant" value: 2 } } }
layer {
  name: "l" type: "GeneralTripletLoss" bottom: "x" bottom: "label" top: "loss"
  general_triplet_loss_param { positive_first: true }
}
"""

FIELDS = (
    {},
    {"margin": 0.8, "positive_weight": 0.5, "negative_weight": 2},
    {"add_center_loss": False},
    {"hardest_only": True},
    {"hardest_only": True, "add_center_loss": False, "margin": -0.2},
    {"positive_first": True, "positive_upper_bound": 0.7},
)


def reference(x, labels, fields, weights=None):
    p = {"margin": 0.2, "positive_weight": 1, "negative_weight": 1, "add_center_loss": True, **fields}
    count, classes = x.shape
    cost, slope = np.zeros_like(x), np.zeros_like(x)
    for i in range(count):
        own = x[i, labels[i]]
        others = [j for j in range(classes) if j != labels[i]]
        for j in others:
            cost[i, j] = max(0.0, own + p["margin"] - x[i, j]) * p["negative_weight"]
        counted = [j for j in others if own + p["margin"] > x[i, j]]
        if p.get("hardest_only"):
            counted = [max(counted, key=lambda j, i=i: cost[i, j])] if counted else []
            for j in others:
                cost[i, j] = cost[i, j] if j in counted else 0
        if p.get("positive_first") and own > p["positive_upper_bound"]:
            cost[i], counted = 0, []
            slope[i, labels[i]] = p["positive_weight"]
        slope[i, counted] = -p["negative_weight"]
        if counted or p["add_center_loss"]:
            slope[i, labels[i]] = p["positive_weight"]
    if weights is not None:
        slope *= weights[:, None]
    near = x[np.arange(count), labels].sum()
    return cost.sum() / count, slope / count, [near / count, (x.sum() - near) / count / (classes - 1)]


@pytest.mark.parametrize("fields", FIELDS, ids=lambda fields: "-".join(fields) or "default")
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_gradient_agree_with_loops(make, fields, weighted):
    rng = np.random.default_rng(5)
    x, labels, weights = rng.random((9, 4)) * 2, rng.integers(0, 4, 9), rng.random(9)
    text = 'type: "GeneralTripletLoss" top: "loss" top: "d"'
    bottoms = [(9, 4), (9,), (9,)][: 3 if weighted else 2]
    layer = make(text, *bottoms, general_triplet_loss_param=fields).double()
    leaf = torch.from_numpy(x).requires_grad_()
    more = [torch.from_numpy(weights)] if weighted else []
    loss, figures = layer(leaf, torch.from_numpy(labels), *more)
    loss.backward()
    value, gradient, means = reference(x, labels, fields, weights if weighted else None)
    assert loss.item() == pytest.approx(value)
    assert figures.tolist() == pytest.approx(means)
    np.testing.assert_allclose(leaf.grad.numpy(), gradient, atol=1e-12)


def test_hardest_distance_of_0_keeps_its_cost_as_the_gradient(make):
    x = torch.tensor([[0.5, 0.0, 0.6]], requires_grad=True)
    layer = make("GeneralTripletLoss", (1, 3), (1,), general_triplet_loss_param={"hardest_only": True})
    layer(x, torch.zeros(1)).backward()
    torch.testing.assert_close(x.grad, torch.tensor([[1.0, 0.7, 0.0]]))


def test_weights_are_one_per_item(shapes):
    with pytest.raises(LayerFault, match="expected one weight per item"):
        shapes("GeneralTripletLoss", (7, 4), (7,), (7, 4))
