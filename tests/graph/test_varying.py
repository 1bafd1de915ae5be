"""Axes of inputs that may have any size."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.graph import Graph, axes_of
from layerzoo.loader import parse_net
from layerzoo.net.wiring import graph_of
from layerzoo.schema import TEST, NetState

TOKENS = (
    'layer { name: "tokens" type: "Input" top: "x" input_param { shape { dim: -1 dim: 256 dim: 8 } '
    'axes: "N T _" } }\n'
)


def graph(text: str) -> Graph:
    return graph_of(parse_net(text, format="prototxt"), NetState(phase=TEST))


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        graph(text)
    return [f"{fault.layer}: {fault.message}" for fault in caught.value.faults]


def shown(made: Graph) -> dict[str, str]:
    return {blob.name: "x".join(axes_of(made, blob.index)) for blob in made.blobs}


def test_axes_of_blobs_are_shown_by_name() -> None:
    made = graph(
        TOKENS
        + """
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
      inner_product_param { num_output: 4 axis: 2 } }
    layer { name: "mean" type: "Reduction" bottom: "y" top: "sum" reduction_param { axis: 1 } }
    layer { name: "pair" type: "Concat" bottom: "y" bottom: "y" top: "pair" concat_param { axis: 1 } }
    layer { name: "flat" type: "Reshape" bottom: "y" top: "flat" reshape_param { shape { dim: -1 dim: 4 } } }
    """
    )
    assert shown(made) == {"x": "NxTx8", "y": "NxTx4", "sum": "N", "pair": "Nx?x4", "flat": "?x4"}
    assert made.blobs[0].shape == (1, 256, 8)


def test_axis_without_a_name_is_a_question_mark() -> None:
    made = graph(
        """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: -1 dim: 3 dim: -1 dim: -1 } } }
    layer { name: "c" type: "Convolution" bottom: "x" top: "c"
      convolution_param { num_output: 2 kernel_size: 3 } }
    layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: AVE global_pooling: true } }
    """
    )
    assert shown(made) == {"x": "?x3x?x?", "c": "?x2x?x?", "p": "?x2x1x1"}


def test_param_that_depends_on_the_axis_is_a_fault() -> None:
    text = TOKENS + (
        'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 4 } }'
    )
    assert faults(text) == [
        "ip: axis T of an input varies, but the layer needs it to be 256: its param 'weight' is (4, 2048) "
        "or (4, 4096)"
    ]


def test_layer_that_refuses_another_size_is_named() -> None:
    text = (
        TOKENS
        + """
    layer { name: "r" type: "Reshape" bottom: "x" top: "r"
      reshape_param { shape { dim: 0 dim: 256 dim: 8 } } }
    """
    )
    (found,) = faults(text)
    assert found.startswith("r: axis T of an input varies, but the layer needs it to be 256: ")


def test_number_that_is_computed_of_the_axis_is_a_fault() -> None:
    text = TOKENS + (
        'layer { name: "r" type: "Power" bottom: "x" top: "r" '
        "power_param { scale: ${1 / bottom[0].shape[1]} } }"
    )
    (found,) = faults(text)
    assert found == (
        "r: axis T of an input varies, but the layer needs it to be 256: power_param.scale: numbers that are "
        "computed of the shapes of bottoms are fixed"
    )


def test_axes_of_one_name_have_one_size() -> None:
    other = 'layer { name: "m" type: "Input" top: "m" input_param { shape { dim: 5 dim: 9 } axes: "N T" } }'
    found = faults(TOKENS + other)
    assert found[0] == "m: axis N has the size 5 here and 1 in an input before"


def test_blob_in_the_place_of_a_param_must_not_vary() -> None:
    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "w" type: "Input" top: "w" input_param { shape { dim: 4 dim: 3 } axes: "K _" } }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" param { blob: "w" }
      inner_product_param { num_output: 4 } }
    """
    assert faults(text) == [
        "ip: axis K of an input varies, but the layer needs it to be 4: blob 'w' stands for a param and "
        "varies with it"
    ]
