"""Blobs in the place of params: what a layer reads, and what is left of its params."""

from __future__ import annotations

from layerzoo.graph import Graph, blob_slots, blobs_read, insert_splits, wanted_below
from layerzoo.graph.param_blobs import left
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net.wiring import graph_of
from layerzoo.plan import Plan
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetState, ParamSpec
from tests.layer.param_blob_nets import DATA, LOSS, inner_product, net, parameter


def graph(text: str, phase: int = TRAIN) -> Graph:
    return graph_of(parse_net(text, format="prototxt"), NetState(phase=phase))  # type: ignore[arg-type]


def of(*blobs: str | None) -> LayerParameter:
    specs = [ParamSpec() if blob is None else ParamSpec(blob=blob) for blob in blobs]
    return LayerParameter(bottom=["x"], param=specs)


def test_slots_are_the_params_that_name_a_blob() -> None:
    assert blob_slots(of(None, "b")) == {1: "b"}
    assert blobs_read(of("w", None, "v")) == ["x", "w", "v"]
    assert left(of(None, "b"), ["weight", "bias", "more"]) == ["weight", "more"]


def test_blob_has_the_version_of_the_place_in_the_config() -> None:
    relu = 'layer { name: "relu" type: "ReLU" bottom: "w" top: "w" }\n'
    before, after = (
        graph(DATA + parameter("w", 3, 6) + text)
        for text in (inner_product("w") + relu, relu + inner_product("w"))
    )
    assert [before.blobs[b].producer for b in before.layers[2].bottoms] == [0, 1]
    assert [after.blobs[b].producer for b in after.layers[3].bottoms] == [0, 2]
    assert before.blobs[1].consumers == [(2, 1), (3, 0)]


def test_layer_has_the_other_params_alone() -> None:
    made = graph(DATA + parameter("w", 3, 6) + inner_product("w"))
    layer = made.layers[2]
    assert [own.name for own in layer.own] == ["bias"]
    assert [made.params[p].own.name for p in layer.params] == ["bias"]
    assert made.params[1].users == [(2, 0)]
    assert made.macs(layer) == 4 * 18


def test_other_params_keep_their_place_in_the_config() -> None:
    text = (DATA + parameter("w", 3, 6) + inner_product("w")).replace(
        'param { blob: "w" }', 'param { blob: "w" } param { lr_mult: 2 name: "bias" }'
    )
    param = graph(text).params[1]
    assert (param.lr_mult, param.shared_name) == (2, "bias")


def test_what_a_layer_says_of_all_params_is_not_said_of_a_blob() -> None:
    text = (DATA + parameter("w", 3, 6) + inner_product("w")).replace(
        'param { blob: "w" }', 'param { blob: "w" } all_params { name: "p" lr_mult: 3 }'
    )
    made = graph(text)
    assert not made.layers[2].param.param[0].HasField("name")
    assert (made.params[1].shared_name, made.params[1].lr_mult) == ("p/1", 3)


def test_backward_pass_reaches_the_layers_of_the_blob() -> None:
    text = DATA + parameter("w", 3, 6) + inner_product("w", more="bias_term: false") + LOSS
    made = graph(text)
    assert [layer.needs_backward for layer in made.layers] == [False, True, True, True]
    fixed = graph(text.replace('top: "w"', 'top: "w" param { lr_mult: 0 }'))
    assert not any(layer.needs_backward for layer in fixed.layers)


def test_propagate_down_speaks_of_bottoms_alone() -> None:
    text = (
        DATA
        + parameter("w", 3, 6)
        + inner_product("w").replace("param {", "propagate_down: false param {", 1)
        + LOSS
    )
    made = graph(text)
    assert made.layers[2].propagate_down == (False, True)
    assert made.layers[1].needs_backward
    assert wanted_below(made, made.layers[2]) == [False, True]
    force = graph("force_backward: true\n" + text)
    assert force.layers[2].propagate_down == (True, True)


def test_blob_is_freed_after_the_layer_that_reads_it() -> None:
    one = net(DATA + parameter("w", 3, 6) + inner_product("w"), "TEST")
    plan = Plan(one.graph, one.ordered_layers(), keep=[2])
    assert [step.frees for step in plan.steps] == [(), (0, 1)]


def test_layers_of_other_phases_do_not_give_the_blob() -> None:
    train = parameter("w", 3, 6).replace("parameter_param", "include { phase: TRAIN } parameter_param")
    test = (
        parameter("w", 3, 6)
        .replace('name: "w"', 'name: "v"')
        .replace("parameter_param", "include { phase: TEST } parameter_param")
    )
    text = DATA + train + test + inner_product("w")
    assert [graph(text, phase).layers[1].name for phase in (TRAIN, TEST)] == ["w", "v"]


def test_splits_give_the_blob_another_name() -> None:
    text = DATA + parameter("w", 3, 6) + inner_product("w", top="y") + inner_product("w", top="z")
    split = insert_splits(graph(text), LAYERS)
    layers = {layer.name: layer for layer in split.layers}
    assert layers["w_w_0_split"].param.top == ["w_w_0_split_0", "w_w_0_split_1"]
    assert layers["z"].param.param[0].blob == "w_w_0_split_1"
    assert [split.blobs[b].name for b in layers["z"].bottoms] == ["x_x_0_split_1", "w_w_0_split_1"]
