"""Rules of phase, level and stage, against each condition by itself and together."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from layerzoo.graph import includes
from layerzoo.graph.state import set_state
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetState


def layer(rules: str) -> LayerParameter:
    return text_format.Parse(rules, LayerParameter())


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_includes_a_layer_without_rules(phase: int) -> None:
    assert includes(LayerParameter(), NetState(phase=phase))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "state", "meets"),
    [
        ("", NetState(phase=TEST, level=7, stage=["a"]), True),
        ("phase: TRAIN", NetState(phase=TRAIN), True),
        ("phase: TRAIN", NetState(phase=TEST), False),
        ("min_level: 2", NetState(level=1), False),
        ("min_level: 2", NetState(level=2), True),
        ("max_level: 2", NetState(level=2), True),
        ("max_level: 2", NetState(level=3), False),
        ("max_level: -1", NetState(), False),
        ('stage: "a"', NetState(stage=["b", "a"]), True),
        ('stage: "a" stage: "b"', NetState(stage=["a"]), False),
        ('not_stage: "a"', NetState(stage=["b"]), True),
        ('not_stage: "a" not_stage: "b"', NetState(stage=["b"]), False),
        ('phase: TEST stage: "a" not_stage: "b"', NetState(phase=TEST, stage=["a"]), True),
        ('phase: TEST stage: "a" not_stage: "b"', NetState(phase=TRAIN, stage=["a"]), False),
        ('phase: TEST stage: "a" not_stage: "b"', NetState(phase=TEST, stage=["a", "b"]), False),
    ],
)
def test_includes_by_one_rule(rule: str, state: NetState, meets: bool) -> None:
    assert includes(layer(f"include {{ {rule} }}"), state) is meets
    assert includes(layer(f"exclude {{ {rule} }}"), state) is not meets


def test_includes_needs_one_include_rule_and_no_exclude_rule() -> None:
    either = 'include { phase: TRAIN } include { stage: "a" }'
    assert includes(layer(either), NetState(phase=TEST, stage=["a"]))
    assert not includes(layer(either), NetState(phase=TEST))
    none_of = either.replace("include", "exclude")
    assert not includes(layer(none_of), NetState(phase=TEST, stage=["a"]))
    assert not includes(layer(none_of), NetState(phase=TRAIN))
    assert includes(layer(none_of), NetState(phase=TEST))


def test_set_state_gives_level_and_stages_to_subnets() -> None:
    layer = LayerParameter()
    set_state(layer, NetState(phase=TEST, level=2, stage=["a"]))
    assert layer == LayerParameter()
    layer.subnet_param.body.name = "b"
    set_state(layer, NetState(phase=TEST, level=2, stage=["a"]))
    set_state(layer, NetState(phase=TEST, level=2, stage=["a"]))
    assert layer.subnet_param.body.state == NetState(level=2, stage=["a"])
    assert not layer.subnet_param.HasField("else_body")
