"""Figures of nets: params, multiply-adds and bytes counted by hand."""

from __future__ import annotations

from layerzoo.graph import figures_of
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState

INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 6 } } }\n'


def test_shared_param_counts_once_and_its_macs_twice() -> None:
    ip = 'layer { name: "%s" type: "InnerProduct" bottom: "x" top: "%s" param { name: "w" } '
    ip += "inner_product_param { num_output: 3 bias_term: false } }\n"
    graph = graph_of(parse_net(INPUT + ip % ("a", "a") + ip % ("b", "b")), NetState(phase=TEST))
    figures = figures_of(graph)
    assert [layer.params for layer in figures.layers] == [0, 18, 0]
    assert (figures.params, figures.macs) == (18, 2 * 2 * 18)
    assert figures.bytes == 4 * (12 + 6 + 6)


def test_figures_leave_out_statistics_and_tops_in_place() -> None:
    text = INPUT + 'layer { name: "b" type: "BatchNorm" bottom: "x" top: "x" }'
    figures = figures_of(graph_of(parse_net(text), NetState(phase=TEST)))
    assert (figures.params, figures.bytes) == (0, 48)
