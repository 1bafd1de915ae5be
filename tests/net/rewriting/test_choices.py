"""The layout of a net in training."""

from __future__ import annotations

import torch

from layerzoo.functional.layout import has_onednn
from layerzoo.layer import compute_in
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.rewriting.choices import choose_layout, filter_params, lay_out_params
from layerzoo.schema import EngineParameter

INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }'
CONV = """layer { name: "%s" type: "Convolution" bottom: "%s" top: "%s" %s
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 } }"""
AUTO, NCHW, LAST = EngineParameter.AUTO, EngineParameter.NCHW, EngineParameter.CHANNELS_LAST


def net(*layers: str) -> Net:
    return Net(parse_net("\n".join([INPUT, *layers])).message, "TRAIN")


def test_choose_layout_by_net_and_device() -> None:
    cpu = torch.device("cpu")
    convolutions = net(CONV % ("c", "x", "c", "")).ordered_layers()
    assert choose_layout(convolutions, cpu, AUTO).channels_last is has_onednn()
    assert not choose_layout(convolutions, torch.device("cuda"), AUTO).channels_last
    assert "mps" in choose_layout(convolutions, torch.device("mps"), AUTO).reason
    assert choose_layout(convolutions, torch.device("cuda"), LAST).channels_last
    compute_in(convolutions[-1], torch.bfloat16)
    assert choose_layout(convolutions, torch.device("cuda"), AUTO).channels_last, "in 16 bits"
    assert not choose_layout(convolutions, cpu, NCHW).channels_last
    others = net('layer { name: "r" type: "ReLU" bottom: "x" top: "r" }').ordered_layers()
    assert not choose_layout(others, cpu, LAST).channels_last
    assert "no convolution" in choose_layout(others, cpu, AUTO).reason


def test_filter_params_are_held_by_convolutions_alone() -> None:
    shared = net(
        CONV % ("c", "x", "c", 'param { name: "w" }'),
        CONV % ("d", "c", "d", 'param { name: "w" }'),
        'layer { name: "i" type: "InnerProduct" bottom: "d" top: "i" inner_product_param { num_output: 2 } }',
    )
    assert [id(param) for param in filter_params(shared.ordered_layers())] == [id(shared.layer("c").weight)]


def test_lay_out_params_moves_what_stands_beside_too() -> None:
    n = net(CONV % ("c", "x", "c", ""))
    history = torch.randn(3, 3, 3, 3)
    before = history.clone()
    lay_out_params(n.ordered_layers(), True, [history, torch.zeros(3)])
    assert n.layer("c").weight.stride(1) == history.stride(1) == 1
    assert torch.equal(history, before)
