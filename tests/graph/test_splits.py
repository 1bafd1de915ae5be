"""Explicit Split layers: names, consumers, loss weights, params."""

from __future__ import annotations

from layerzoo.graph import Graph, insert_splits
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TRAIN, NetState

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }'


def _split(text: str) -> Graph:
    return insert_splits(graph_of(parse_net(text), NetState(phase=TRAIN)), LAYERS)


def _relu(name: str, bottom: str, top: str, more: str = "") -> str:
    return f'layer {{ name: "{name}" type: "ReLU" bottom: "{bottom}" top: "{top}" {more} }}'


def test_split_names_are_caffes() -> None:
    graph = _split(DATA + _relu("a", "data", "a") + _relu("b", "data", "b"))
    assert [layer.name for layer in graph.layers] == ["data", "data_data_0_split", "a", "b"]
    assert list(graph.last) == ["data", "data_data_0_split_0", "data_data_0_split_1", "a", "b"]
    assert list(graph.layers[3].param.bottom) == ["data_data_0_split_1"]
    assert [blob.name for blob in graph.outputs] == ["a", "b"]
    assert all(len(blob.consumers) <= 1 for blob in graph.blobs)
    assert graph.layers[1].kind.type_name == "Split"


def test_split_behind_an_in_place_layer_is_named_after_it() -> None:
    graph = _split(DATA + _relu("r", "data", "data") + _relu("a", "data", "a") + _relu("b", "data", "b"))
    assert "data_r_0_split" in [layer.name for layer in graph.layers]


def test_split_is_omitted_for_one_consumer() -> None:
    graph = _split(DATA + _relu("a", "data", "a"))
    assert [layer.name for layer in graph.layers] == ["data", "a"]


def test_loss_weight_counts_as_a_consumer() -> None:
    graph = _split(DATA + _relu("a", "data", "a", "loss_weight: 3") + _relu("b", "a", "b"))
    split = graph.layers[2]
    assert split.name == "a_a_0_split"
    assert split.loss_weights == (3, 0)
    assert graph.layers[1].loss_weights == (0,)
    assert list(graph.layers[3].param.bottom) == ["a_a_0_split_1"]


def test_users_of_params_follow_the_moved_layers() -> None:
    ip = 'layer {{ name: "{0}" type: "InnerProduct" bottom: "data" top: "{0}" {1} }}'
    more = 'param { name: "w" } inner_product_param { num_output: 2 bias_term: false }'
    graph = _split(DATA + ip.format("p", more) + ip.format("q", more))
    assert [param.users for param in graph.params] == [[(2, 0), (3, 0)]]
    assert graph.layers[2].name == "p"
