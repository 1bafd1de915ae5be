"""Upgrading early V2."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.legacy import upgrade_net
from layerzoo.schema import NetParameter
from tests.upgrading import bound, tree, upgraded

RELU = 'layer { name: "r" type: "ReLU" bottom: "a" top: "a" }'


def shapes(net: NetParameter) -> list[list[int]]:
    return [list(shape.dim) for shape in net.layer[0].input_param.shape]


@pytest.mark.parametrize(
    "given",
    [
        "input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4 input_dim: [5, 6, 7, 8]",
        "input_shape { dim: 1 dim: 2 dim: 3 dim: 4 } input_shape { dim: [5, 6, 7, 8] }",
    ],
)
def test_inputs_become_one_layer(given: str) -> None:
    net, done = upgraded(f'name: "n" {RELU} input: "a" input: "b" {given} force_backward: true')
    assert done == ["input fields to a layer of type Input"]
    first, relu = net.layer
    assert (first.name, first.type, list(first.top)) == ("input", "Input", ["a", "b"])
    assert shapes(net) == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert relu.name == "r"
    assert net.force_backward
    assert not net.input
    assert not net.input_shape
    assert not net.input_dim


def test_input_shape_wins_over_input_dim() -> None:
    net, _ = upgraded('input: "a" input_shape { dim: 7 } input_dim: 1')
    assert shapes(net) == [[7]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('input: "b" input: "a" layer { type: "ReLU" bottom: "a" top: "c" }', "input 'a' has no shape"),
        ('input: "a" input_dim: 1 input_dim: 2', "2 input_dim; expected 4 for 1 input"),
        ('input: "a" input: "b" input_shape { dim: 1 }', "2 inputs, but 1 input_shape"),
    ],
)
def test_inputs_without_a_shape_are_faults(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        upgrade_net(tree(text))
    (fault,) = caught.value.faults
    assert fault.message == message
    assert fault.origin is not None


def test_inputs_without_a_shape_are_dropped_if_a_layer_produces_the_blob() -> None:
    layer = 'layer { name: "x" type: "Input" top: "a" input_param { shape { dim: 3 } } }'
    net, done = upgraded(f'input: "a" input: "b" {layer} {RELU}')
    assert done == ["2 input fields without a shape dropped"]
    assert [layer.name for layer in net.layer] == ["x", "r"]
    assert shapes(net) == [[3]]
    assert not net.input


def test_transform_fields_move_to_transform_param() -> None:
    net, done = upgraded("""
        layer { type: "Data" data_param { source: "s" scale: 0.5 mean_file: "m" crop_size: 3 mirror: true } }
        layer { type: "ImageData" transform_param { crop_size: 1 scale: 2} image_data_param { crop_size: 9 } }
        layer { type: "WindowData" window_data_param { transform_param { mirror: true } crop_mode: "warp" } }
    """)
    assert done == ["transform fields of 3 data layers to transform_param"]
    data, images, windows = net.layer
    assert data.data_param.source == "s"
    assert [f.name for f, _ in data.data_param.ListFields()] == ["source"]
    transform = data.transform_param
    assert (transform.scale, transform.mean_file, transform.crop_size, transform.mirror) == (
        0.5,
        "m",
        3,
        True,
    )
    assert (images.transform_param.crop_size, images.transform_param.scale) == (9, 2)
    assert windows.transform_param.mirror
    assert windows.window_data_param.crop_mode == "warp"


def test_rates_of_batch_norm_become_zero() -> None:
    rates = "param { lr_mult: 1 } param { lr_mult: 0 decay_mult: 0 } param { name: 'k' }"
    net, done = upgraded(f"layer {{ type: 'BatchNorm' {rates} }} layer {{ type: 'Python' {rates} }}")
    assert done == ["rates of 1 BatchNorm layer to 0"]
    norm, other = net.layer
    assert [(p.lr_mult, p.decay_mult) for p in norm.param] == [(0, 0)] * 3
    assert norm.param[2].name == "k"
    assert other.param[0].lr_mult == 1


@pytest.mark.parametrize(
    "params", ["param { lr_mult: 0 decay_mult: 0.0 } " * 3, "param { lr_mult: 1 } " * 2, ""], ids="312"
)
def test_other_batch_norms_are_unchanged(params: str) -> None:
    text = f'layer {{ name: "n" type: "BatchNorm" {params} }}'
    net, done = upgraded(text)
    assert done == []
    assert net == bound(tree(text), NetParameter())
