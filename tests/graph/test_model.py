"""The parts of a graph: versions of blobs, inputs, outputs, losses, shapes, positions."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.graph import Blob, Graph
from layerzoo.graph.model import no_shape
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TRAIN, NetState
from layerzoo.source import Source

NET = """layer { name: "in" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 4 } } }
layer {
  name: "ip" type: "InnerProduct"
  bottom: "x" top: "y"
  inner_product_param { num_output: 4 }
  param { lr_mult: 1 }
  param { lr_mult: 2 }
}
layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }
layer { name: "b" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "b" }
layer { name: "a" type: "Power" bottom: "y" top: "a" loss_weight: 0.5 }
"""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(parse_net(Source("net.prototxt", NET)), NetState(phase=TRAIN))


def test_last_is_the_newest_version_of_each_name(graph: Graph) -> None:
    assert list(graph.last) == ["x", "t", "y", "b", "a"]
    assert [blob.name for blob in graph.blobs] == ["x", "t", "y", "y", "b", "a"]
    assert graph.last["y"].index == 3
    assert graph.last["y"].producer == 2


def test_inputs_outputs_and_losses(graph: Graph) -> None:
    assert [blob.name for blob in graph.inputs] == ["x", "t"]
    assert [blob.name for blob in graph.outputs] == ["a", "b"]
    assert [(graph.blobs[blob].name, weight) for blob, weight in graph.losses] == [("b", 1), ("a", 0.5)]


def test_in_place_lists_the_bottoms_that_are_overwritten(graph: Graph) -> None:
    assert [layer.in_place for layer in graph.layers] == [set(), set(), {0}, set(), set()]


def test_shapes_of_an_unknown_shape_is_empty() -> None:
    graph = Graph("", NetState(), blobs=[Blob(0, "x", 0, (2, 3)), Blob(1, "y", 0), Blob(2, "z", 0, ())])
    assert graph.shapes((1, 0, 2)) == [(), (2, 3), ()]
    assert [blob.count for blob in graph.blobs] == [6, 0, 1]


def test_input_shapes_are_those_of_the_config_by_name(graph: Graph) -> None:
    assert graph.input_shapes() == {"x": (2, 3), "t": (2, 4)}


def test_input_shapes_of_open_inputs_are_one_fault_each() -> None:
    text = 'layer { name: "in" type: "Input" top: "x" top: "y" }'
    graph = graph_of(parse_net(Source("net.prototxt", text)), NetState(phase=TRAIN))
    with pytest.raises(ConfigError) as raised:
        graph.input_shapes()
    assert [fault.message for fault in raised.value.faults] == [
        "input 'x' has no shape",
        "input 'y' has no shape",
    ]
    assert no_shape("x", graph.layers[0], ", so what").message == "input 'x' has no shape, so what"


def test_macs_are_those_of_the_layer_type_or_zero_without_shapes(graph: Graph) -> None:
    product = graph.layers[1]
    assert graph.macs(product) == 2 * 3 * 4
    top = graph.blobs[product.tops[0]]
    top.shape, shape = None, top.shape
    assert graph.macs(product) == 0
    top.shape = shape


@pytest.mark.parametrize(
    ("path", "index", "place"),
    [
        ("", 0, "3:1"),
        ("type", 0, "4:20"),
        ("inner_product_param", 0, "6:3"),
        ("inner_product_param.num_output", 0, "6:37"),
        ("inner_product_param.axis", 0, "6:3"),
        ("param", 1, "8:3"),
        ("param", 5, "8:3"),
        ("blobs", 0, "3:1"),
    ],
)
def test_origin_falls_back_to_the_nearest_node(graph: Graph, path: str, index: int, place: str) -> None:
    assert str(graph.layers[1].origin(path, index)) == f"net.prototxt:{place}"


def test_origin_is_none_for_a_message_built_in_memory(graph: Graph) -> None:
    layer = graph.layers[1]
    node, layer.node = layer.node, None
    assert layer.origin("type") is None
    layer.node = node


def test_settle_computes_all_cached_properties() -> None:
    graph = Graph("", NetState(), blobs=[Blob(0, "x", 0)])
    graph.settle()
    graph.blobs.clear()
    assert (list(graph.last), len(graph.outputs), graph.inputs, graph.losses) == (["x"], 1, [], [])
