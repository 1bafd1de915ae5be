"""Diagrams of nets."""

from __future__ import annotations

from layerzoo.drawing.diagram import OUTPUT, Diagram, Edge, diagram_of
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState

NET = """
name: "n"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: 3 bias_term: false weight_filler { type: "xavier" } } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" relu_param { negative_slope: 0.5 } }
layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "s" type: "Slice" bottom: "c" top: "a" top: "b" }
layer { name: "e" type: "Eltwise" bottom: "a" bottom: "a" top: "e" }
"""


def diagram(text: str = NET) -> Diagram:
    return diagram_of(graph_of(parse_net(text), NetState(phase=TEST)))


def test_in_place_layers_are_lines_in_the_box_of_their_bottom() -> None:
    nodes = diagram().nodes
    assert [node.title for node in nodes] == ["x", "c", "p", "s", "e", "p", "b", "e"]
    assert nodes[1].lines == [
        "Convolution  num_output 4, bias_term false, kernel_size 3",
        "+ ReLU  negative_slope 0.5",
    ]
    assert nodes[2].lines == ["Pooling  pool AVE, kernel_size 2, stride 2"]
    assert [node.family for node in nodes] == ["data", "vision", "vision", "utility", "utility"] + [
        OUTPUT
    ] * 3
    assert 'name: "c"' in nodes[1].detail
    assert 'name: "r"' in nodes[1].detail


def test_edges_have_shapes_and_lead_to_outputs() -> None:
    converted = diagram()
    assert converted.edges == [
        Edge(0, 1, "2 x 3 x 8 x 8", "x"),
        Edge(1, 2, "2 x 4 x 6 x 6", "c"),
        Edge(1, 3, "2 x 4 x 6 x 6", "c"),
        Edge(2, 5, "2 x 4 x 3 x 3", "p"),
        Edge(3, 4, "2 x 2 x 6 x 6", "a"),
        Edge(3, 6, "2 x 2 x 6 x 6", "b"),
        Edge(4, 7, "2 x 2 x 6 x 6", "e"),
    ], "a blob that one box reads twice is one arrow"
    assert converted.name == "n"


def test_in_place_layer_on_a_shared_blob_has_its_own_box() -> None:
    text = NET + 'layer { name: "q" type: "ReLU" bottom: "a" top: "a" }'
    titles = [node.title for node in diagram(text).nodes]
    assert titles.count("q") == 1
