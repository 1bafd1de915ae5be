"""Blobs and filters in channels-last."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerzoo.functional.layout import is_channels_last
from layerzoo.loader import parse_net
from layerzoo.net import Net, Plan
from layerzoo.net.rewriting.layout import lay_out, move_params

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "r" type: "ReLU" bottom: "c" top: "r" }
layer { name: "m" type: "MVN" bottom: "r" top: "m" }
layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { kernel_size: 2 } }
"""


def test_lay_out_gives_each_layer_the_layout_that_it_takes() -> None:
    net = Net(parse_net(TEXT).message)
    seen: dict[str, bool] = {}
    for layer in net.ordered_layers():
        layer.register_forward_pre_hook(
            lambda layer, given: seen.__setitem__(layer.name, is_channels_last(given[0]) if given else False)
        )
    ends = [net.graph.last["m"].index, net.graph.last["p"].index]
    plan = Plan(net.graph, net.ordered_layers(), ends)
    move_params([net.layer("c").weight], True)
    held: list[Tensor | None] = [None] * len(net.graph.blobs)
    held[0] = torch.randn(2, 3, 4, 4)
    for step in lay_out(plan, plan.steps):
        made = step.call(*(held[b] for b in step.bottoms))
        held[step.tops[0]] = made
    assert seen == {"c": False, "r": True, "m": False, "p": True}, "a hooked convolution converts by itself"
    for end in ends:
        value = held[end]
        assert value is not None
        assert value.is_contiguous(), "kept blobs have Caffe's layout"


def test_move_params_keeps_tensor_values_and_gradient() -> None:
    param = nn.Parameter(torch.randn(4, 1, 3, 3))
    param.grad = torch.randn(4, 1, 3, 3)
    value, grad, gradient = param.detach().clone(), param.grad.clone(), param.grad
    move_params([param], True)
    assert param.stride() == gradient.stride() == (9, 1, 3, 1)
    assert param.grad is gradient
    move_params([param], False)
    assert param.stride() == (9, 9, 3, 1)
    assert torch.equal(param.detach(), value)
    assert torch.equal(gradient, grad)
