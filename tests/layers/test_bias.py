from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

X = torch.arange(8.0).reshape(2, 2, 2)


def test_param_is_added_per_channel(make):
    layer = make('type: "Bias"', (2, 2, 2))
    layer.bias.data.copy_(torch.tensor([10.0, 20.0]))
    y = layer(X)
    y.sum().backward()
    assert y.tolist() == [[[10.0, 11.0], [22.0, 23.0]], [[14.0, 15.0], [26.0, 27.0]]]
    assert layer.bias.grad.tolist() == [4.0, 4.0]


def test_second_bottom_is_the_bias(make):
    layer = make('type: "Bias" bias_param { axis: 0 }', (2, 2, 2), (2,))
    assert not layer.blobs
    assert layer(X, torch.tensor([10.0, 20.0]))[:, 0].tolist() == [[10.0, 11.0], [24.0, 25.0]]


def test_scalar_bias_is_added_everywhere(make):
    layer = make('type: "Bias" bias_param { num_axes: 0 }', (2, 2, 2))
    assert layer.bias.shape == ()
    layer.bias.data.fill_(1)
    assert layer(X).equal(X + 1)
    assert make('type: "Bias"', (2, 2, 2), ())(X, torch.tensor(1.0)).equal(X + 1)


def test_gradient(make):
    x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    b = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(make('type: "Bias"', (2, 3, 2), (3,)), (x, b))


def test_faults(make, shapes):
    assert shapes('type: "Bias"', (2, 3, 4)) == [(2, 3, 4)]
    with pytest.raises(
        LayerFault, match=r"second bottom of shape \(4,\) doesn't fit a first of shape \(2, 3, 4\)"
    ):
        shapes('type: "Bias"', (2, 3, 4), (4,))
    with pytest.raises(LayerFault, match="num_axes 3 from axis 1"):
        make('type: "Bias" bias_param { num_axes: 3 }', (2, 3, 4))
