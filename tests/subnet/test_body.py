"""The layers of a subnet, built."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import ConfigError
from layerzoo.layer import Clock
from layerzoo.loader import parse_net
from layerzoo.net.wiring import graph_of
from layerzoo.schema import TRAIN, NetState
from layerzoo.subnet.body import Body
from tests.subnet.layers import inputs, values

SHARED = 'param { name: "W" } inner_product_param { num_output: 3 bias_term: false }'
TEXT = (
    inputs(x=(2, 3))
    + f"""
layer {{ name: "a.b" type: "InnerProduct" bottom: "x" top: "a" {SHARED} }}
layer {{ name: "c" type: "InnerProduct" bottom: "a" top: "c" {SHARED} }}
layer {{ name: "bn" type: "BatchNorm" bottom: "c" top: "c" }}
layer {{ name: "l" type: "Loop" bottom: "c" top: "d" subnet_param {{ body {{
  layer {{ name: "q" type: "Input" top: "q" }}
  layer {{ name: "e" type: "Bias" bottom: "q" top: "q1" }} }} }} }}
"""
)


def body() -> Body:
    graph = graph_of(parse_net(TEXT), NetState(phase=TRAIN))
    return Body(graph, [graph.last["d"].index, graph.last["a"].index], 1, "r")


def test_run_returns_the_blobs_to_keep() -> None:
    one = body()
    for held in one.held:
        held.layer.fill_params(1)
    found = {
        one.graph.blobs[index].name for index, blob in enumerate(one.run([values(2, 3)])) if blob is not None
    }
    assert found == {"a", "d"}


def test_held_names_params_by_path_and_finds_them_by_name() -> None:
    one = body()
    paths = [(held.path, held.place, held.owned) for held in one.held]
    assert paths == [
        ("a.b", 0, True),
        ("c", 0, False),
        ("bn", 0, True),
        ("bn", 1, True),
        ("bn", 2, True),
        ("l/0/e", 0, True),
    ]
    for held in one.held:
        assert one.get_parameter(held.name) is held.layer.blobs[held.place]


def test_params_of_one_name_are_one() -> None:
    first, second, *_ = body().held
    assert first.layer.blobs[0] is second.layer.blobs[0]


def test_rename_and_follow_reach_layers_of_subnets() -> None:
    one = body()
    one.rename("s/1")
    clock = Clock(5)
    one.follow(clock)
    deepest = one.held[-1].layer
    assert deepest.name == "s/1/l"
    assert [held.layer.name for held in deepest._bodies[0].held] == ["s/1/l/0/e"]  # type: ignore[union-attr]
    assert deepest._bodies[0].held[0].layer.clock is clock  # type: ignore[union-attr]


def test_error_of_a_layer_names_it_with_its_run_and_position() -> None:
    one = body()
    clock = Clock(running=(("r", 4),))
    one.follow(clock)
    with pytest.raises(RuntimeError) as caught:
        one.run([torch.zeros(2, 5)])
    (note,) = caught.value.__notes__
    assert note.startswith("in layer 'r/4/a.b' (InnerProduct, <prototxt>:")
    assert note.endswith("bottoms: (2, 5)")


def test_fault_of_a_layer_in_a_pass_is_one_of_the_config() -> None:
    text = (
        TEXT[: TEXT.index('\nlayer { name: "a.b"')]
        + """
layer { name: "c" type: "Input" top: "c" input_param { shape { dim: 2 } } }
layer { name: "if" type: "If" bottom: "c" bottom: "x" top: "y" subnet_param { body {
  layer { name: "q" type: "Input" top: "q" } layer { name: "t" type: "TanH" bottom: "q" top: "y" } } } }"""
    )
    graph = graph_of(parse_net(text), NetState(phase=TRAIN))
    one = Body(graph, [graph.last["y"].index], 1, "r")
    with pytest.raises(ConfigError, match=r"the condition is 0 for 1 of 2 samples.*'r/if'"):
        one.run([values(2, 3), torch.tensor([0.0, 1.0])])
