"""Nets written as Caffe reads them."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net.plain import plain_net, with_origins
from layerzoo.net.wiring import graph_of
from layerzoo.schema import TRAIN, NetState
from tests.expansion.configs import FC, HEAD, call

SHARED = HEAD + FC + call('net: "fc" times: 2 share_params: true with { n: ${8} }')


def params(graph: Graph) -> list[tuple[tuple[int, ...], float, list[tuple[int, int]]]]:
    return [(param.own.shape, param.lr_mult, param.users) for param in graph.params]


def test_shared_params_have_names_and_the_same_params() -> None:
    document = parse_net(SHARED, format="prototxt")
    plain = plain_net(document)
    assert [[spec.name for spec in layer.param] for layer in plain.layer] == [
        [],
        ["a/ip/0", "a/ip/1"],
        [],
        ["a/ip/0", "a/ip/1"],
        [],
    ]
    assert not any(layer.HasField("all_params") for layer in plain.layer)
    state = NetState(phase=TRAIN)
    assert params(graph_of(plain, state)) == params(graph_of(document, state))
    assert len(params(graph_of(plain, state))) == 2


def test_multipliers_of_a_use_are_written_out() -> None:
    use = call('net: "fc" with { n: 4 }').replace("subnet_param", "param { lr_mult: 0.5 } subnet_param")
    plain = plain_net(parse_net(HEAD + FC + use, format="prototxt"))
    assert [spec.lr_mult for spec in plain.layer[1].param] == [0.5, 0.5]
    assert [graph_of(plain, NetState()).params[k].lr_mult for k in range(2)] == [0.5, 0.5]


def test_numbers_by_shape_are_written_out() -> None:
    text = HEAD + 'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" '
    text += "inner_product_param { num_output: ${bottom[0].shape[1] * 3} } }"
    plain = plain_net(parse_net(text, format="prototxt"))
    assert plain.layer[1].inner_product_param.num_output == 24
    assert not plain.layer[1].by_shape


def test_number_that_differs_by_phase_is_a_fault() -> None:
    text = "".join(
        f'layer {{ name: "data" type: "Input" top: "data" include {{ phase: {phase} }}'
        f" input_param {{ shape {{ dim: 2 dim: {size} }} }} }}"
        for phase, size in (("TRAIN", 8), ("TEST", 9))
    )
    text += 'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" '
    text += "inner_product_param { num_output: ${bottom[0].shape[1]} } }"
    with pytest.raises(ConfigError, match="depends on shapes differs between TRAIN and TEST"):
        plain_net(parse_net(text, format="prototxt"))


def test_net_without_blocks_stays_as_it_is() -> None:
    document = parse_net(HEAD, format="prototxt")
    assert plain_net(document) == document.message
    assert plain_net(document.message) == document.message


def test_layers_of_blocks_say_where_they_come_from() -> None:
    outer = (
        'subnet { name: "o" layer { name: "in" type: "Input" top: "x" }\n'
        ' layer { name: "i" type: "Call" bottom: "x" top: "z" subnet_param { net: "fc" with { n: 8 } } } }'
    )
    document = parse_net(HEAD + FC + outer + "\n" + call('net: "o"'), format="prototxt")
    text = with_origins(plain_net(document), document)
    assert parse_net(text, format="prototxt").message == document.message
    assert next(line for line in text.splitlines() if line.startswith("#")) == (
        "# <prototxt>:4:3, in block 'fc', called at <prototxt>:9:2 with n=8, bias=true, "
        "in block 'o', called at <prototxt>:10:1"
    )
