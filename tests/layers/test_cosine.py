from __future__ import annotations

import math

import pytest
import torch

from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TRAIN, NetState


def test_values_and_gradient_without_what_arrives(make):
    x = torch.tensor([0.0, math.pi / 6, math.pi / 2], requires_grad=True)
    y = make("Cosine", (3,))(x)
    (100 * y).sum().backward()
    assert y.tolist() == pytest.approx([1, math.sqrt(3) / 2, 0], abs=1e-6)
    assert x.grad.tolist() == pytest.approx([0, -0.5, -1])


def test_training_net_warns_of_the_surrogate():
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }
layer { name: "s" type: "Scale" bottom: "x" top: "s" scale_param { axis: 0 } }
layer { name: "c" type: "Cosine" bottom: "s" top: "c" }
layer { name: "l" type: "Reduction" bottom: "c" top: "l" loss_weight: 1 }"""
    (warning,) = graph_of(parse_net(text), NetState(phase=TRAIN)).warnings
    assert "a layer of type 'Cosine' is a surrogate: -sin(x)" in warning.message
