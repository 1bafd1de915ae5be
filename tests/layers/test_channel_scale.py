from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 2 } } }
layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 2 dim: 2 } } }
layer { name: "l" type: "ChannelScale" bottom: "x" bottom: "s" top: "y" top: "g"
  channel_scale_param { global_scale: true } }
"""

X = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
S = torch.tensor([[10.0, 100.0]])
UP = torch.tensor([[[1.0, 1.0], [2.0, 2.0]]])


@pytest.mark.parametrize(
    ("param", "value", "of_features", "of_scales"),
    [
        ({}, X * S, UP * S, [[7, 10]]),
        ({"do_forward": False}, X, UP * S, [[7, 10]]),
        ({"do_backward_feature": False}, X * S, UP, [[7, 10]]),
        ({"do_backward_scale": False}, X * S, UP * S, [[0, 0]]),
        ({"global_scale": True, "min_global_scale": 3}, X * 3, UP * S, [[7, 10]]),
        ({"global_scale": True, "max_global_scale": -2, "min_global_scale": -9}, X * -2, UP * S, [[7, 10]]),
    ],
)
def test_parts_are_switched_off(make, param, value, of_features, of_scales):
    x, s = X.clone().requires_grad_(), S.clone().requires_grad_()
    layer = make("ChannelScale", (1, 2, 2), (1, 2), channel_scale_param=param)
    layer.fill_params(0)
    y = layer(x, s)
    assert torch.equal(y, value)
    y.backward(UP)
    assert torch.equal(x.grad, of_features)
    grad = torch.zeros_like(s) if s.grad is None else s.grad
    assert grad.tolist() == of_scales


def test_global_scale_is_a_param_that_begins_at_minus_1_and_is_bounded(make):
    text = 'type: "ChannelScale" top: "y" top: "scale" channel_scale_param { global_scale: true }'
    layer = make(text, (1, 2, 2), (1, 2))
    layer.fill_params(0)
    assert layer.scale.tolist() == [-1]
    assert layer(X, S)[1].tolist() == [0]
    assert layer.scale.tolist() == [0]


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match="one per item and place"):
        shapes("ChannelScale", (1, 2, 2), (1, 2, 2))
    with pytest.raises(LayerFault, match="a second top"):
        shapes('type: "ChannelScale" top: "y" top: "s"', (1, 2, 2), (1, 2))


@pytest.mark.parametrize("scale", [-1.0, 0.7, 3.0])
@pytest.mark.parametrize("tops", ['top: "y"', 'top: "y" top: "g"'])
@pytest.mark.parametrize("more", ["", "global_scale: true max_global_scale: 2", "do_forward: false"])
def test_python_source_agrees(tmp_path, scale, tops, more):
    if '"g"' in tops:
        more += "" if "global_scale" in more else " global_scale: true"
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 dim: 4 dim: 5 }} }} }}
    layer {{ name: "s" type: "Input" top: "s" input_param {{ shape {{ dim: 2 dim: 4 dim: 5 }} }} }}
    layer {{ name: "l" type: "ChannelScale" bottom: "x" bottom: "s" {tops} channel_scale_param {{ {more} }} }}
    """
    net = Net(parse_net(text).message, "TEST")
    for blob in net.params.get("l", []):
        blob.data.fill_(scale)
    assert export_python(net, tmp_path / "net.py") < 1e-6
