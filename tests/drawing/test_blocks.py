"""Blocks folded into boxes."""

from __future__ import annotations

from layerzoo.drawing import render
from layerzoo.drawing.blocks import BLOCK, folded
from layerzoo.drawing.diagram import Diagram, diagram_of
from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net.wiring import graph_of
from layerzoo.schema import NetState
from tests.expansion.configs import FC, HEAD

OUTER = (
    'subnet { name: "two" layer { name: "in" type: "Input" top: "x" }'
    ' layer { name: "p" type: "Call" bottom: "x" top: "h" subnet_param { net: "fc" with { n: 3 } } }'
    ' layer { name: "t" type: "TanH" bottom: "h" top: "t" } }'
)
NET = (
    HEAD
    + FC
    + OUTER
    + 'layer { name: "a" type: "Call" bottom: "data" top: "y" subnet_param { net: "two" times: 2 } }'
    + 'layer { name: "end" type: "Sigmoid" bottom: "y" top: "end" }'
)


def graph() -> Graph:
    return graph_of(parse_net(NET, format="prototxt"), NetState())


def shown(diagram: Diagram) -> tuple[list[str], list[tuple[str, str]]]:
    titles = [node.title for node in diagram.nodes]
    return titles, [(titles[edge.start], titles[edge.end]) for edge in diagram.edges]


def test_net_shows_its_blocks_as_boxes() -> None:
    net, *inside = folded(diagram_of(graph()))
    assert shown(net) == (
        ["data", "a/0", "a/1", "end", "end"],
        [("data", "a/0"), ("a/0", "a/1"), ("a/1", "end"), ("end", "end")],
    )
    boxes = [node for node in net.nodes if node.family == BLOCK]
    assert [node.lines for node in boxes] == [["two", "3 layers"], ["two", "3 layers"]]
    assert [inside[(node.opens or 0) - 1].name for node in boxes] == ["a/0", "a/1"]


def test_block_shows_what_comes_in_and_goes_out() -> None:
    diagrams = folded(diagram_of(graph()))
    first = diagrams[diagrams[0].nodes[1].opens or 0]
    titles, edges = shown(first)
    assert titles == ["a/0/p", "a/0/t", "data", "a/0/t"]
    assert edges == [("data", "a/0/p"), ("a/0/p", "a/0/t"), ("a/0/t", "a/0/t")]
    inner = diagrams[first.nodes[0].opens or 0]
    assert shown(inner)[0] == ["a/0/p/ip", "data", "a/0/h"]
    assert inner.nodes[0].lines == ["InnerProduct  num_output 3, bias_term true", "+ ReLU"]


def test_net_without_blocks_is_one_diagram(two: Diagram) -> None:
    assert [shown(diagram) for diagram in folded(two)] == [shown(two)]


def test_page_holds_all_pictures() -> None:
    page = str(render(graph(), "html"))
    assert page.count("<svg") == 5
    assert page.count("data-opens") >= 4 + 1
