"""How large a net is."""

from __future__ import annotations

from layerzoo.graph import figures_of
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState

INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 6 } } }\n'


def test_a_shared_param_counts_once_but_works_twice() -> None:
    ip = 'layer { name: "%s" type: "InnerProduct" bottom: "x" top: "%s" param { name: "w" } '
    ip += "inner_product_param { num_output: 3 bias_term: false } }\n"
    graph = graph_of(parse_net(INPUT + ip % ("a", "a") + ip % ("b", "b")), NetState(phase=TEST))
    found = figures_of(graph)
    assert [layer.params for layer in found.layers] == [0, 18, 0]
    assert (found.params, found.macs) == (18, 2 * 2 * 18)
    assert found.bytes == 4 * (12 + 6 + 6)


def test_statistics_are_no_params_and_a_top_in_place_takes_no_bytes() -> None:
    text = INPUT + 'layer { name: "b" type: "BatchNorm" bottom: "x" top: "x" }'
    found = figures_of(graph_of(parse_net(text), NetState(phase=TEST)))
    assert (found.params, found.bytes) == (0, 48)
