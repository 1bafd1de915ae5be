"""Names of layers in a graph: unique, numbered for layers that share one, with a warning at the second."""

from __future__ import annotations

import re

from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, TRAIN, NetState

X = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }'


def layer(name: str, top: str, more: str = "", bottom: str = "x") -> str:
    named = f'name: "{name}" ' if name else ""
    return (
        f'layer {{ {named}type: "InnerProduct" bottom: "{bottom}" top: "{top}" '
        f"inner_product_param {{ num_output: 2 bias_term: false }} {more} }}"
    )


def graph(*layers: str, phase: int = TEST) -> Graph:
    return graph_of(parse_net("\n".join([X, *layers])), NetState(phase=phase))


def names(of: Graph) -> list[str]:
    return [layer.name for layer in of.layers[1:]]


def test_second_layer_of_a_name_is_numbered_and_warned_of() -> None:
    made = graph(layer("i", "a"), layer("i", "b"), layer("j", "c"), layer("i", "d"))
    assert names(made) == ["i", "i#2", "j", "i#3"]
    assert [layer.config_name for layer in made.layers[1:]] == ["i", "i", "j", "i"]
    second, third = map(str, made.warnings)
    assert re.match(
        r".*:3:15: this layer and the one at .*:2:15 have the name 'i' and params of their own", second
    )
    assert "their weights are matched in order, while Caffe loads all into the first" in second
    assert "give each a name; in messages this one is 'i#2'" in second
    assert re.match(r".*:5:15: this layer and the one at .*:2:15 have", third)


def test_number_is_never_another_layers_name() -> None:
    made = graph(layer("i#2", "a"), layer("i", "b"), layer("i", "c"), layer("i#2", "d"), layer("i##2", "e"))
    assert names(made) == ["i#2", "i", "i###2", "i#2#2", "i##2"]


def test_layers_with_params_are_numbered_first() -> None:
    relu = 'layer { name: "i" type: "ReLU" bottom: "x" top: "r" }'
    made = graph(relu, layer("i", "a"), relu.replace('"r"', '"s"'))
    assert names(made) == ["i#2", "i", "i#3"]
    assert made.warnings == []


def test_layers_of_different_phases_are_no_duplicates() -> None:
    variants = [layer("i", "a", "include { phase: TRAIN }"), layer("i", "a", "include { phase: TEST }")]
    for phase in (TRAIN, TEST):
        made = graph(*variants, phase=phase)
        assert names(made) == ["i"]
        assert made.warnings == []


def test_layers_that_share_their_params_are_not_warned_of() -> None:
    shared = 'param { name: "w" }'
    made = graph(layer("i", "a", shared), layer("i", "b", shared))
    assert names(made) == ["i", "i#2"]
    assert made.warnings == []


def test_layers_without_a_name_are_warned_of() -> None:
    made = graph(layer("", "a"), layer("", "b"))
    assert names(made) == ["innerproduct1", "innerproduct2"]
    (warning,) = map(str, made.warnings)
    assert "have no name and params of their own" in warning
    assert "in messages this one is 'innerproduct2'" in warning
