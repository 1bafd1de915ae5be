from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

TYPES = {"SINGLE": 1, "DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("given", [False, True])
def test_scores_multiply_the_angle_to_the_own_class(make, kind, given):
    rng = np.random.default_rng(4)
    x, w = rng.standard_normal((9, 4)), rng.standard_normal((3, 4))
    labels, share = np.arange(9) % 3, 0.5
    fields = {"num_output": 0 if given else 3, "type": kind, "base": share}
    shapes = [(9, 4), (9,), *([(3, 4)] if given else [])]
    layer = make("LargeMarginInnerProduct", *shapes, largemargin_inner_product_param=fields).double()
    bottoms = [torch.from_numpy(x), torch.from_numpy(labels)]
    if given:
        bottoms.append(torch.from_numpy(w))
    else:
        layer.weight.data.copy_(torch.from_numpy(w))
    y = layer(*bottoms)
    expected = x @ w.T
    for i, label in enumerate(labels):
        size = np.linalg.norm(x[i]) * np.linalg.norm(w[label])
        angle, times = math.acos(expected[i, label] / size), TYPES[kind]
        k = min(int(angle * times / math.pi), times - 1)
        psi = (-1) ** k * math.cos(times * angle) - 2 * k
        if times > 1:
            expected[i, label] = (size * psi + share * expected[i, label]) / (1 + share)
    np.testing.assert_allclose(y.detach().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("kind", TYPES)
def test_gradients_are_the_derivative(make, kind):
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(1)).double().requires_grad_()
    w = torch.randn(3, 4, generator=torch.Generator().manual_seed(2)).double().requires_grad_()
    layer = make(
        "LargeMarginInnerProduct", (6, 4), (6,), (3, 4), largemargin_inner_product_param={"type": kind}
    )
    labels = torch.arange(6) % 3
    assert torch.autograd.gradcheck(lambda a, b: layer(a, labels, b), (x, w))


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match="num_output must be at least 1"):
        shapes("LargeMarginInnerProduct", (2, 3), (2,))
    with pytest.raises(LayerFault, match="expected 3 values in each"):
        shapes("LargeMarginInnerProduct", (2, 3), (2,), (4, 2))
