"""Phase rules of blocks joined with those of the layers that use them."""

from __future__ import annotations

from itertools import product

import pytest

from layerzoo.binding import bind
from layerzoo.errors import Fault
from layerzoo.expansion.rules import MAX_RULES, RulesError, joined
from layerzoo.graph.state import includes
from layerzoo.nodes import Node, prototxt
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetState
from layerzoo.source import Source


def rules(text: str) -> list[Node]:
    faults: list[Fault] = []
    root = prototxt.read(Source("x", text), faults)
    assert not faults
    return root.children or []


def layer(nodes: list[Node]) -> LayerParameter:
    message, faults = LayerParameter(), list[Fault]()
    bind(Node("", None, nodes, Source("x", "")), message, faults)
    assert not faults
    return message


STATES = [
    NetState(phase=phase, level=level, stage=stages)
    for phase, level, stages in product((TRAIN, TEST), (0, 1, 2), ([], ["a"], ["b"], ["a", "b"]))
]
TEXTS = [
    "",
    "include { phase: TRAIN }",
    "include { phase: TEST }",
    "exclude { phase: TRAIN }",
    'include { stage: "a" }',
    'include { phase: TRAIN } include { stage: "b" }',
    'exclude { stage: "a" } exclude { stage: "b" }',
    'exclude { phase: TEST stage: "a" }',
    "include { min_level: 1 }",
    "exclude { min_level: 1 max_level: 1 }",
    'include { not_stage: "a" phase: TEST }',
    "exclude { max_level: 0 }",
]


@pytest.mark.parametrize(("outer", "inner"), list(product(TEXTS, TEXTS)))
def test_layer_is_there_where_both_say_so(outer: str, inner: str) -> None:
    both = joined(rules(outer), rules(inner))
    for state in STATES:
        expected = includes(layer(rules(outer)), state, frozenset(state.stage)) and includes(
            layer(rules(inner)), state, frozenset(state.stage)
        )
        got = both is not None and includes(layer(both), state, frozenset(state.stage))
        assert got == expected, (outer, inner, state)


def test_too_many_rules_are_refused() -> None:
    many = rules('include { stage: "a" }' * (MAX_RULES // 4))
    with pytest.raises(RulesError, match="more than 64"):
        joined(many, rules('include { stage: "b" }' * 5))


def test_level_that_is_no_number_is_refused() -> None:
    with pytest.raises(RulesError, match="the level 'x' is not a whole number"):
        joined(rules("include { phase: TRAIN }"), rules("exclude { min_level: x }"))
