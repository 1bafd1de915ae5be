from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

TYPES = {"SINGLE": 1, "DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}


def psi(angle: float, times: int) -> float:
    k = min(int(angle * times / math.pi), times - 1)
    return (-1) ** k * math.cos(times * angle) - 2 * k


def reference(x, labels, w, up, times, share):
    """Scores and gradients by loops over items and classes, with derivatives by differences."""
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    y, of_x, of_w = x @ w.T, up @ w, up.T @ x
    for i, label in enumerate(labels):
        size = np.linalg.norm(x[i])
        angle = math.acos(x[i] @ w[label] / size)
        if times == 1:
            continue
        y[i, label] = size * (psi(angle, times) + share * math.cos(angle)) / (1 + share)
        step = 1e-6
        slope = -(psi(angle + step, times) - psi(angle - step, times)) / (2 * step) / math.sin(angle)
        along = (psi(angle, times) - slope * math.cos(angle)) / size
        total = math.hypot(slope, along)
        margin = (slope * w[label] + along * x[i]) / total
        of_x[i] += up[i, label] * ((margin + share * w[label]) / (1 + share) - w[label])
    return y, of_x, of_w


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("share", [0.0, 2.0])
def test_scores_and_gradients(make, kind, share):
    rng = np.random.default_rng(3)
    x, w, up = rng.standard_normal((9, 4)), rng.standard_normal((3, 4)), rng.standard_normal((9, 3))
    labels = np.arange(9) % 3
    fields = {"num_output": 3, "type": kind, "base": share, "lambda_min": -1}
    layer = make("MarginInnerProduct", (9, 4), (9,), margin_inner_product_param=fields).double()
    layer.weight.data.copy_(torch.from_numpy(w))
    leaf = torch.from_numpy(x).requires_grad_()
    y = layer(leaf, torch.from_numpy(labels).double())
    y.backward(torch.from_numpy(up))
    expected = reference(x, labels, w, up, TYPES[kind], share)
    for got, want in zip((y.detach(), leaf.grad, layer.weight.grad), expected, strict=True):
        np.testing.assert_allclose(got.numpy(), want, atol=1e-6)
    np.testing.assert_allclose(layer.weight.detach().norm(dim=1).numpy(), 1)


def test_lambda_is_a_function_of_the_pass(make):
    fields = {"num_output": 2, "base": 8, "gamma": 1, "power": 1, "iteration": 2, "lambda_min": 1.5}
    text = 'type: "MarginInnerProduct" top: "y" top: "lambda"'
    layer = make(text, (1, 2), (1,), margin_inner_product_param=fields)
    found = []
    for layer.clock.batch in (0, 4, 100, 0):
        found.append(layer(torch.ones(1, 2), torch.zeros(1))[1].tolist())
    assert found == [[2], [1.5], [1.5], [2]]  # 8 / (1 + 3), 8 / (1 + 7) below the least
    assert "depends on the iteration" in layer.randomness(layer.param)


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match="num_output must be at least 1"):
        shapes("MarginInnerProduct", (2, 3), (2,))
    with pytest.raises(LayerFault, match="expected one per item"):
        shapes("MarginInnerProduct", (2, 3), (3,), margin_inner_product_param={"num_output": 2})
