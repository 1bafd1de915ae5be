from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter

X, T = torch.tensor([[2.0, 0.5], [-1.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.0, 0.2]])
TYPE = 'type: "SmoothL1LossOHEM" bottom: "x" bottom: "t" '


def test_loss_and_loss_of_each_region(make):
    loss, items = make(TYPE + 'top: "l" top: "i"', (2, 2), (2, 2))(X, T)
    assert loss.item() == pytest.approx(2.145 / 2)
    assert items.flatten().tolist() == pytest.approx([1.625, 0.52])
    assert items.shape == (2, 1, 1, 1)


def test_weights_scale_differences_but_not_gradient(make):
    weighted = make(TYPE + 'bottom: "w" loss_param { normalization: NONE }', *[(2, 2)] * 3)
    x = X.clone().requires_grad_()
    loss = weighted(x, T, torch.tensor([[0.25, 0.0], [1.0, 3.0]]))
    assert loss.item() == pytest.approx(0.125 + 0.5 + 0.18)
    loss.backward()
    assert x.grad is not None
    assert x.grad.flatten().tolist() == pytest.approx([0.5, 0, -1, -0.6])


def test_pre_fixed_normalizer_divides(make):
    fields = "loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 128 }"
    assert make(TYPE + fields, (2, 2), (2, 2))(X, T).item() == pytest.approx(2.145 / 128)


def test_facts():
    kind = LAYERS["SmoothL1LossOHEM"]
    assert kind.default_loss_weight(LayerParameter()) == 0
    assert kind.surrogate_gradient(LayerParameter(bottom=["a", "b"])) is None
    assert "lacks the factor" in (kind.surrogate_gradient(LayerParameter(bottom=["a", "b", "c"])) or "")
    assert kind.check(LayerParameter(loss_weight=[1]), [(2, 2)] * 2) == []
    assert "counts for nothing" in kind.check(LayerParameter(), [(2, 2)] * 2)[0]


def test_shapes_and_faults(shapes):
    assert shapes(TYPE + 'top: "l" top: "i"', (3, 4, 2, 3), (3, 4, 2, 3)) == [(), (3, 1, 2, 3)]
    with pytest.raises(LayerFault, match="they must be equal"):
        shapes(TYPE, (6, 8), (6, 7))
