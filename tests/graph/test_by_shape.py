"""Numbers of layers that are computed from the shapes of their bottoms."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.graph import build_graph
from layerzoo.graph.by_shape import set_by_shape
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.schema import LayerParameter, NetState

NET = """layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 6 dim: 5 } } }
layer { name: "r" type: "Reshape" bottom: "data" top: "r"
  reshape_param { shape { dim: 0 dim: ${A} dim: 5 } } }
layer { name: "ip" type: "InnerProduct" bottom: "r" top: "ip" inner_product_param { num_output: ${B} } }"""


def shapes(a: str, b: str) -> list[tuple[int, ...] | None]:
    document = parse_net(NET.replace("${A}", a).replace("${B}", b), format="prototxt")
    return [
        blob.shape for blob in build_graph(document.message, NetState(), LAYERS, root=document.root).blobs
    ]


def test_number_is_computed_while_the_net_is_wired() -> None:
    assert shapes("${bottom[0].shape[1]}", "${bottom[0].shape[1] * 2 + 1}") == [(2, 6, 5), (2, 6, 5), (2, 13)]


def test_message_keeps_the_expression_until_then() -> None:
    layer = parse_net(
        NET.replace("${A}", "${bottom[0].shape[1]}").replace("${B}", "3"), format="prototxt"
    ).message
    assert [(n.field, n.value) for n in layer.layer[1].by_shape] == [
        ("reshape_param.shape.dim[1]", "bottom[0].shape[1]")
    ]
    assert list(layer.layer[1].reshape_param.shape.dim) == [0, 0, 5]


def test_constant_expression_is_a_number_at_once() -> None:
    document = parse_net(NET.replace("${A}", "${2 * 3}").replace("${B}", "${2 ** 4}"), format="prototxt")
    assert not document.message.layer[2].by_shape
    assert document.message.layer[2].inner_product_param.num_output == 16


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("${bottom[1].shape[1]}", "index 1 of 1 values"),
        ("${bottom[0].shape[3]}", "index 3 of 3 values"),
        ("${bottom[0].shape}", "'bottom[0].shape' is not a number"),
        ("${bottom[0].shape[1] / 4}", "'num_output' takes an integer, but bottom[0].shape[1] / 4 is 1.5"),
        (
            "${bottom[0].shape[1] - 9}",
            "'num_output' takes 0 to 4,294,967,295, but",
        ),
        ("${bottom[0].size}", "the map has no 'size'"),
    ],
)
def test_expression_without_a_fitting_value_is_a_fault_at_its_place(expression: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        shapes("6", expression)
    (fault,) = caught.value.faults
    assert fault.message.startswith(message)
    assert fault.origin is not None
    assert str(fault.origin).startswith("<prototxt>:4:")


def test_other_names_are_unknown_and_strings_keep_their_braces() -> None:
    with pytest.raises(ConfigError) as caught:
        shapes("6", "${n}")
    assert caught.value.faults[0].message == "unknown name 'n'"
    with pytest.raises(ConfigError, match="'type' takes a string"):
        parse_net("layer { type: ${bottom[0].shape[0]} }", format="prototxt")


def test_numbers_of_a_message_are_set_and_forgotten() -> None:
    layer = LayerParameter()
    layer.by_shape.add(field="dropout_param.dropout_ratio", value="1 / bottom[0].shape[0]")
    set_by_shape(layer, [(4, 2)])
    assert layer.dropout_param.dropout_ratio == 0.25
    assert not layer.by_shape
