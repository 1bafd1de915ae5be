from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_slope_is_per_channel(make):
    layer = make("PReLU", (1, 2, 2))
    layer.slope.data.copy_(torch.tensor([0.5, -2]))
    x = torch.tensor([[[-2.0, 3.0], [-4.0, 5.0]]], requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert y.tolist() == [[[-1, 3], [8, 5]]]
    assert x.grad.tolist() == [[[0.5, 1], [-2, 1]]]
    assert layer.slope.grad.tolist() == [-2, -4]


def test_shared_slope_applies_to_all_channels(make):
    layer = make("PReLU", (1, 2, 2), prelu_param={"channel_shared": True})
    assert layer.slope.shape == ()
    layer.slope.data.fill_(0.5)
    x = torch.tensor([[[-2.0, 3.0], [-4.0, 5.0]]])
    assert layer(x).tolist() == [[[-1, 3], [-2, 5]]]


def test_slopes_default_to_one_quarter(make):
    (own,) = make("PReLU", (1, 2)).own_params
    assert (own.filler.type, own.filler.value) == ("constant", 0.25)
    (own,) = make("PReLU", (1, 2), prelu_param={"filler": {"value": 0.1}}).own_params
    assert own.filler.value == pytest.approx(0.1)


@pytest.mark.parametrize("shared", [False, True])
def test_gradcheck(make, shared):
    layer = make("PReLU", (2, 3, 4), prelu_param={"channel_shared": shared}).double()
    layer.slope.data.fill_(0.3)
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, _: layer(x), (x, layer.slope))


def test_channel_axis_is_required(make):
    with pytest.raises(LayerFault, match=r"expected \(N, C"):
        make("PReLU", (3,))
