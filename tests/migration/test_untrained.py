from __future__ import annotations

import copy

import torch
from torch import Tensor

from layerzoo.loader import parse_net
from layerzoo.migration.untrained import draw_constant_params, fit_params
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


DEEP = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 8 dim: 20 dim: 20 } } }
layer { name: "small" type: "Convolution" bottom: "data" top: "small" convolution_param { num_output: 6
  kernel_size: 3 weight_filler { type: "gaussian" std: 1e-6 } } }
layer { name: "bn" type: "BatchNorm" bottom: "small" top: "small" }
layer { name: "large" type: "Convolution" bottom: "small" top: "large" convolution_param { num_output: 5
  kernel_size: 3 weight_filler { type: "gaussian" std: 1e6 } bias_filler { value: 3e6 } } }
layer { name: "ip" type: "InnerProduct" bottom: "large" top: "ip" inner_product_param { num_output: 50 } }
"""


def test_fit_params_brings_every_top_to_deviation_1() -> None:
    nets = [Net(parse_net(DEEP).message, "TEST", seed=4) for _ in range(2)]
    inputs = {"data": torch.rand(1, 8, 20, 20, generator=torch.Generator().manual_seed(1))}
    for net in nets:
        draw_constant_params(net)
        assert fit_params(net, inputs) == 4
    net, again = nets
    for layer, blobs in net.params.items():
        for blob, other in zip(blobs, again.params[layer], strict=True):
            assert torch.equal(blob, other), layer
    kept: dict[str, Tensor] = {}
    for layer in net.ordered_layers():
        layer.register_forward_hook(lambda layer, _, top: kept.update({layer.name: top.detach()}))
    net(**inputs)
    for name in ("bn", "large", "ip"):
        assert 0.5 < float(kept[name].std()) < 2, name
    for name in ("bn", "large"):
        assert float(kept[name].mean((0, 2, 3)).abs().max()) < 0.7, name


def test_fit_params_brings_channels_below_a_relu_to_mean_1_so_that_rounding_does_not_grow() -> None:
    block = """
    layer {{ name: "c{0}" type: "Convolution" bottom: "{1}" top: "c{0}" convolution_param {{ bias_term: false
      num_output: 24 pad: 1 kernel_size: 3 weight_filler {{ type: "gaussian" std: 1 }} }} }}
    layer {{ name: "n{0}" type: "BatchNorm" bottom: "c{0}" top: "c{0}" }}
    layer {{ name: "s{0}" type: "Scale" bottom: "c{0}" top: "c{0}" scale_param {{ bias_term: true }} }}
    layer {{ name: "r{0}" type: "ReLU" bottom: "c{0}" top: "c{0}" }}
    """
    text = "".join(block.format(n, f"c{n - 1}" if n else "data") for n in range(30))
    shape = "dim: 1 dim: 3 dim: 16 dim: 16"
    data = f'layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ {shape} }} }} }}'
    net = Net(parse_net(data + text).message, "TEST", seed=4)
    inputs = {"data": torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))}
    draw_constant_params(net)
    assert fit_params(net, inputs) == 90
    kept: dict[str, Tensor] = {}
    for layer in net.ordered_layers():
        if layer.name.startswith("s"):
            layer.register_forward_hook(lambda layer, _, top: kept.update({layer.name: top.detach().clone()}))
    with torch.no_grad():
        top = net(**inputs)["c29"].double()
        exact = copy.deepcopy(net).double()(data=inputs["data"].double())["c29"]
    assert len(kept) == 30
    assert all(abs(float(value.mean()) - 1) < 0.3 for value in kept.values())
    assert float((top - exact).abs().max() / exact.abs().max()) < 1e-5  # with means of 0 about 1e-4


def test_fit_params_leaves_layers_whose_top_is_not_proportional_to_the_weights() -> None:
    text = """
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 9 dim: 8 } } }
    layer { name: "d" type: "InnerDistance" bottom: "data" top: "d" inner_distance_param { num_output: 7
      weight_filler { type: "gaussian" std: 1 } } }
    """
    net = Net(parse_net(text).message, "TEST", seed=4)
    before = net.params["d"][0].clone()
    assert fit_params(net, {"data": torch.rand(9, 8) * 100}) == 0
    assert torch.equal(net.params["d"][0], before)


def test_fit_params_fits_shared_params_once() -> None:
    layer = """layer {{ name: "{0}" type: "InnerProduct" bottom: "{1}" top: "{0}" param {{ name: "w" }}
      inner_product_param {{ num_output: 8 bias_term: false weight_filler {{ type: "gaussian" std: 9 }} }} }}
    """
    data = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 9 dim: 8 } } }\n'
    net = Net(parse_net(data + layer.format("a", "data") + layer.format("b", "a")).message, "TEST")
    inputs = {"data": torch.randn(9, 8, generator=torch.Generator().manual_seed(1))}
    assert fit_params(net, inputs) == 1
    first = inputs["data"] @ net.params["a"][0].detach().T
    assert abs(float(first.std()) - 1) < 0.01
