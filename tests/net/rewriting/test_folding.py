"""Convolutions with affine maps, activations and sums folded in."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from layerzoo.layer import Layer
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.rewriting.folding import FoldedConvolution, FoldedMap, fold_maps

TEXT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 3 kernel_size: 3
  pad: 1 weight_filler { type: "msra" } bias_filler { value: 0.5 } } }
layer { name: "s" type: "Scale" bottom: "c" top: "s" scale_param { filler { value: 2 } } }
layer { name: "b" type: "Bias" bottom: "s" top: "b" bias_param { filler { value: 3 } } }
layer { name: "r" type: "ReLU" bottom: "b" top: "r" }
"""


def layers(*names: str) -> list[Layer]:
    net = Net(parse_net(TEXT).message)
    return [net.layer(name) for name in names]


def test_fold_maps_in_their_order() -> None:
    ones = torch.ones(3)
    weight, offset = fold_maps(ones, None, layers("s", "b"))
    assert offset is not None
    assert (weight.tolist(), offset.tolist()) == ([2.0] * 3, [3.0] * 3)
    weight, offset = fold_maps(ones, ones, layers("b", "s"))
    assert offset is not None
    assert (weight.tolist(), offset.tolist()) == ([2.0] * 3, [8.0] * 3)
    assert fold_maps(ones, None, [])[1] is None


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("overwrites", [False, True])
@torch.no_grad()
def test_folded_convolution_is_its_layers(last: bool, summed: bool, overwrites: bool) -> None:
    c, s, b, r = layers("c", "s", "b", "r")
    folded = FoldedConvolution([c, s, b], r.activation(), last, overwrites)
    x = torch.randn(2, 3, 4, 4)
    other = torch.randn(2, 3, 4, 4)
    if last:
        other = other.contiguous(memory_format=torch.channels_last)
    wanted = b(s(c(x))) + other if summed else b(s(c(x)))
    made = folded(x, other) if summed else folded(x)
    assert torch.allclose(made, F.relu(wanted), atol=1e-5)
    if summed and overwrites:
        assert made.data_ptr() == other.data_ptr()


@torch.no_grad()
def test_folded_convolution_follows_its_params_when_told() -> None:
    c, *_ = layers("c")
    folded, x = FoldedConvolution([c]), torch.randn(2, 3, 4, 4)
    before = folded(x)
    c.weight.mul_(2)
    assert torch.equal(folded(x), before)
    folded.refold()
    assert torch.allclose(folded(x), c(x), atol=1e-5)


@torch.no_grad()
def test_folded_map_is_its_layers() -> None:
    s, b, r = layers("s", "b", "r")
    x = torch.randn(2, 3, 4, 4)
    assert torch.allclose(FoldedMap([s, b], r.activation())(x), F.relu(2 * x + 3))
    assert torch.allclose(FoldedMap([s])(x[:, :, 0, 0]), 2 * x[:, :, 0, 0])
