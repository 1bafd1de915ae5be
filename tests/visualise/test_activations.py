"""Pictures of activations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.visualise import activation_figures
from tests.visualise.nets import net_of, small_net


def test_activations_are_drawn_layer_by_layer() -> None:
    figures = list(activation_figures(small_net(), torch.randn(1, 1, 6, 6), "dot"))
    assert [figure.name for figure in figures] == [
        f"activations-dot-{number:03d}-{name}"
        for number, name in enumerate(["data", "conv", "relu", "ip", "prob"])
    ]
    assert {figure.section for figure in figures} == {"Activations of dot"}
    assert "conv (Convolution): 4 x 4 x 4" in figures[1].caption


def test_activations_are_those_of_the_image() -> None:
    net = small_net()
    with torch.no_grad():
        net.params["conv"][0].zero_()
        net.params["conv"][1].copy_(torch.tensor([0.0, 1.0, 2.0, -2.0]))
    conv, relu = activation_figures(net, torch.zeros(1, 1, 6, 6), "dot", ["conv", "relu"])
    side = 4 * 24 + 2
    places = [(x * side + 9, y * side + 9) for y in (0, 1) for x in (0, 1)]
    assert [relu.picture.getpixel(place)[0] for place in places] == [0, 128, 255, 0]
    assert conv.picture.getpixel(places[3]) == (33, 102, 172), "before the in-place ReLU it is negative"


def test_activations_of_a_vector_are_bars_named_by_the_labels() -> None:
    net = small_net()
    net.params["ip"][0].data.zero_()
    (figure,) = activation_figures(net, torch.zeros(1, 1, 6, 6), "dot", ["prob"], labels=["a", "b", "c"])
    assert "a bar for each value" in figure.caption
    blue = (np.asarray(figure.picture) == (33, 102, 172)).all(-1).sum(1)
    assert len(set(blue[blue > 0].tolist())) == 1, "all scores are 0, all probabilities equal"


def test_activations_of_a_long_vector_are_cells() -> None:
    net = net_of("""
    name: wide
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 40]}}}
    - {name: relu, type: ReLU, bottom: data, top: out}
    """)
    (figure,) = activation_figures(net, torch.arange(40.0)[None], "row", ["relu"])
    assert figure.picture.size == (7 * 16, 6 * 16)
    assert figure.picture.getpixel((4 * 16 + 3, 5 * 16 + 3)) == (255, 255, 255)


def test_activations_beyond_the_most_are_left_out_and_said() -> None:
    (figure,) = activation_figures(small_net(), torch.zeros(1, 1, 6, 6), "dot", ["conv"], most=2)
    assert "the first 2 of 4 channels" in figure.caption


def test_activations_of_an_unknown_layer_are_refused() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'conv'\?"):
        list(activation_figures(small_net(), torch.zeros(1, 1, 6, 6), "dot", ["cnv"]))
