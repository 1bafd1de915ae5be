"""Which nodes become which layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.migration.from_onnx import layers_of
from layerzoo.migration.onnx_layers import OPERATIONS
from layerzoo.migration.onnx_model import OnnxModel
from layerzoo.schema import LayerParameter
from tests.migration.test_from_onnx import node, some, write


def layers(
    tmp_path: Path, made: list, shape: tuple[int, ...] = (1, 3, 8, 9), **constants
) -> list[LayerParameter]:
    return list(
        layers_of(OnnxModel(write(tmp_path / "m.onnx", made, shape, **constants)), "net").message.layer
    )[1:]


def test_operations_are_those_of_convolutional_nets() -> None:
    assert {"Conv", "BatchNormalization", "Gemm", "MaxPool", "AveragePool", "Relu", "Concat", "Add"} <= set(
        OPERATIONS
    )
    assert {"Mul", "Resize", "Softmax", "Reshape", "Transpose", "Flatten"} <= set(OPERATIONS)


def test_convolution_has_short_fields(tmp_path: Path) -> None:
    made = node("Conv", "x", "w", strides=[2, 2], pads=[1, 1, 1, 1], dilations=[1, 1], group=3)
    (layer,) = layers(tmp_path, made, w=some(6, 1, 3, 3))
    p = layer.convolution_param
    assert (p.num_output, list(p.kernel_size), list(p.stride), list(p.pad), p.group) == (6, [3], [2], [1], 3)
    assert not p.bias_term
    assert not p.dilation


def test_batch_normalisation_becomes_two_layers(tmp_path: Path) -> None:
    constants = {name: some(3) for name in "abcd"}
    found = layers(tmp_path, node("BatchNormalization", "x", "a", "b", "c", "d", epsilon=0.25), **constants)
    assert [layer.type for layer in found] == ["BatchNorm", "Scale"]
    assert found[0].batch_norm_param.eps == 0.25
    assert found[1].scale_param.bias_term


def test_constants_become_powers_biases_and_scales(tmp_path: Path) -> None:
    (layer,) = layers(tmp_path, node("Add", "x", "c"), c=some(3, 1, 1))
    assert (layer.type, layer.bias_param.axis, layer.bias_param.num_axes) == ("Bias", 1, 1)
    (layer,) = layers(tmp_path, node("Mul", "x", "c"), c=some(8, 9))
    assert (layer.type, layer.scale_param.axis, layer.scale_param.num_axes) == ("Scale", 2, 2)
    (layer,) = layers(tmp_path, node("Mul", "x", "c"), c=some(1))
    assert layer.type == "Power"


@pytest.mark.parametrize(
    ("kind", "layer"), [("Relu", "ReLU"), ("Tanh", "TanH"), ("Softplus", "BNLL"), ("Abs", "AbsVal")]
)
def test_activations_have_their_layers(kind: str, layer: str, tmp_path: Path) -> None:
    assert [found.type for found in layers(tmp_path, node(kind, "x"))] == [layer]
