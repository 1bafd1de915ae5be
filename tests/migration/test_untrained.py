from __future__ import annotations

import torch

from layerzoo.loader import parse_net
from layerzoo.migration.untrained import draw_constant_params
from layerzoo.net import Net

TEXT = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 8 dim: 12 dim: 12 } } }
layer { name: "filled" type: "Convolution" bottom: "data" top: "filled"
  convolution_param { num_output: 4 kernel_size: 3 bias_term: false weight_filler { type: "xavier" } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 64 kernel_size: 3 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
"""


def test_draw_constant_params_leaves_those_of_fillers() -> None:
    net, again = (Net(parse_net(TEXT).message, "TEST", seed=4) for _ in range(2))
    filled = net.params["filled"][0].clone()
    assert draw_constant_params(net) == 7
    assert torch.equal(net.params["filled"][0], filled)
    weight, bias = net.params["conv"]
    assert abs(float(weight.detach().std()) / (2 / 72) ** 0.5 - 1) < 0.05
    assert 0 < float(bias.detach().abs().max()) < 1
    mean, variance, factor = net.params["bn"]
    assert float(factor) == 1
    assert float(variance.detach().min()) >= 0.5
    assert float(mean.detach().abs().max()) < 1
    scale, shift = net.params["scale"]
    assert 0.9 < float(scale.detach().mean()) < 1.1
    assert float(shift.detach().abs().mean()) < 0.2
    draw_constant_params(again)
    assert torch.equal(again.params["conv"][0], weight)
