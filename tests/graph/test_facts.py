"""Layer classes implement the protocols that the graph reads."""

from __future__ import annotations

import inspect

import pytest

from layerzoo.graph.facts import GradientStops, LayerType, ParamFacts, param_label
from layerzoo.layer import LAYERS, OwnParam


def members(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


@pytest.mark.parametrize("name", ["Convolution", "Input", "SoftmaxWithLoss", "BatchNorm", "LSTM", "Python"])
def test_layer_type_is_implemented_by_layer_classes(name: str) -> None:
    cls = LAYERS[name]
    for member in members(LayerType):
        stated = getattr(LayerType, member)
        if isinstance(stated, property):
            assert not callable(getattr(cls, member)), f"{member} is a value of the class"
        else:
            takes = len(inspect.signature(stated).parameters) - 1
            assert len(inspect.signature(getattr(cls, member)).parameters) == takes, member


def test_param_facts_are_implemented_by_own_param() -> None:
    assert members(ParamFacts) == set(OwnParam._fields)


def test_gradient_stops_default_to_none() -> None:
    assert GradientStops() == ((), (), None)


def test_param_label_is_by_the_path_of_a_layer_inside() -> None:
    assert param_label("ip", OwnParam("weight", (2,))) == "ip.weight"
    assert param_label("l", OwnParam("fc.weight", (2,), made=True)) == "l.fc.weight"
    assert (
        param_label("decoder", OwnParam("bodies.body.layers.gru.weight", (2,), path="gru"))
        == "decoder/gru.weight"
    )
