from __future__ import annotations

import pytest
import torch
from torch.func import functional_call, grad, jvp, vmap

from layerzoo.errors import LayerFault
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "g" type: "GradientScale" bottom: "x" top: "y" gradient_scale_param { scale: -0.5 } }
"""
NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "below" type: "InnerProduct" bottom: "x" top: "h"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "g" type: "GradientScale" bottom: "h" top: "g" gradient_scale_param { scale: SCALE } }
layer { name: "above" type: "InnerProduct" bottom: "g" top: "loss" loss_weight: 1
        inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
"""


def layer(make, scale):
    return make("GradientScale", (3,), gradient_scale_param={"scale": scale})


@pytest.mark.parametrize("scale", [-1.0, 0.25, 0.0, 1.0])
def test_values_stay_and_the_gradient_is_scaled(make, scale):
    x = torch.tensor([1.0, -2, 3], requires_grad=True)
    y = layer(make, scale)(x)
    assert torch.equal(y, x)
    (y * torch.tensor([1.0, 2, 5])).sum().backward()
    assert x.grad.tolist() == [scale, 2 * scale, 5 * scale]


def test_infinite_values_and_gradients_do_not_become_nan(make):
    x = torch.tensor([float("inf"), 1, 2], requires_grad=True)
    y = layer(make, 0.0)(x)
    assert torch.equal(y, x)
    y.backward(torch.tensor([1.0, float("inf"), float("nan")]))
    assert x.grad.tolist() == [0, 0, 0]


def test_second_derivatives_have_the_factor_once_per_pass(make):
    """With ``g = scale * f'(x)``, the derivative of g is ``scale^2 f''``: the gradient passes twice."""
    x = torch.tensor([1.0, 2, 3], requires_grad=True)
    (first,) = torch.autograd.grad(layer(make, -2.0)(x).pow(3).sum(), x, create_graph=True)
    assert first.tolist() == [-6, -24, -54]
    (second,) = torch.autograd.grad(first.sum(), x)
    assert second.tolist() == [4 * 6 * v for v in (1, 2, 3)]


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # by torch.func
def test_transforms_of_torch_func_have_the_factor(make):
    one, x = layer(make, -1.0), torch.tensor([1.0, 2, 3])
    assert grad(lambda v: one(v).square().sum())(x).tolist() == [-2, -4, -6]
    assert vmap(grad(lambda v: one(v).square()))(x).tolist() == [-2, -4, -6]
    assert jvp(one, (x,), (torch.ones(3),))[1].tolist() == [-1, -1, -1]


def test_layers_below_learn_against_the_loss_without_a_warning():
    def gradients(scale):
        net = Net(parse_net(NET.replace("SCALE", scale)), "TRAIN", seed=1)
        assert not net.graph.warnings
        weights = {n: p.detach() for n, p in net.named_parameters()}
        return grad(lambda w: functional_call(net, w, (torch.ones(2, 3),))["loss"].sum())(weights)

    reversed_, plain = gradients("-1"), gradients("1")
    for name, value in plain.items():
        sign = -1 if "below" in name else 1
        assert torch.equal(reversed_[name], sign * value), name
        assert value.any()


def test_scale_is_finite(shapes):
    with pytest.raises(LayerFault, match="scale inf; expected a finite number") as caught:
        shapes('type: "GradientScale" gradient_scale_param { scale: inf }', (3,))
    assert caught.value.field == "gradient_scale_param.scale"
