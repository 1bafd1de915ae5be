from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

X = torch.arange(8.0).reshape(2, 2, 2)


def test_params_apply_per_channel(make):
    layer = make('type: "Scale" scale_param { bias_term: true }', (2, 2, 2))
    layer.weight.data.copy_(torch.tensor([2.0, -1.0]))
    layer.bias.data.copy_(torch.tensor([0.0, 1.0]))
    y = layer(X)
    y.sum().backward()
    assert y.tolist() == [[[0.0, 2.0], [-1.0, -2.0]], [[8.0, 10.0], [-5.0, -6.0]]]
    assert layer.weight.grad.tolist() == [10.0, 18.0]
    assert layer.bias.grad.tolist() == [4.0, 4.0]


def test_scale_defaults_to_the_identity(make):
    own = make('type: "Scale"', (2, 3)).own_params
    assert [(o.name, o.shape, o.filler.type, o.filler.value) for o in own] == [
        ("weight", (3,), "constant", 1)
    ]
    given = make('type: "Scale" scale_param { filler { value: 5 } }', (2, 3)).own_params
    assert given[0].filler.value == 5


def test_second_bottom_is_the_scale_with_bias_param(make):
    layer = make('type: "Scale" scale_param { axis: 0 bias_term: true }', (2, 2, 2), (2,))
    assert [tuple(blob.shape) for blob in layer.blobs] == [(2,)]
    layer.bias.data.copy_(torch.tensor([100.0, 200.0]))
    y = layer(X, torch.tensor([1.0, 10.0]))
    assert y.tolist() == [[[100.0, 101.0], [102.0, 103.0]], [[240.0, 250.0], [260.0, 270.0]]]


def test_scale_over_several_axes_and_scalar(make):
    layer = make('type: "Scale" scale_param { num_axes: -1 }', (2, 2, 2))
    assert layer.weight.shape == (2, 2)
    layer.weight.data.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert layer(X)[0].tolist() == [[0.0, 2.0], [6.0, 12.0]]
    single = make('type: "Scale" scale_param { num_axes: 0 bias_term: true }', (2, 2, 2))
    single.weight.data.fill_(3)
    single.bias.data.fill_(1)
    assert single(X).equal(3 * X + 1)
    assert make('type: "Scale"', (2, 2, 2), ())(X, torch.tensor(3.0)).equal(3 * X)


def test_gradient(make):
    x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    scale = torch.randn(3, dtype=torch.float64, requires_grad=True)
    layer = make('type: "Scale" scale_param { bias_term: true }', (2, 3, 2), (3,)).double()
    assert gradcheck(layer, (x, scale))


def test_faults(make, shapes):
    assert shapes('type: "Scale" scale_param { axis: -1 }', (2, 3, 4), (4,)) == [(2, 3, 4)]
    with pytest.raises(LayerFault, match="doesn't fit a first") as e:
        shapes('type: "Scale"', (2, 3, 4), (4, 3))
    assert (e.value.bottom, e.value.hint) == (1, "its shape must be the first axes of (3, 4)")
    with pytest.raises(LayerFault, match="num_axes -2 from axis 1"):
        make('type: "Scale" scale_param { num_axes: -2 }', (2, 3, 4))
