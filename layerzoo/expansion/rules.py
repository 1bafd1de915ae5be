"""Join the phase rules of a block's layer with those of the layer that uses the block."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

from layerzoo.nodes import ExpandedNode, Node

MAX_RULES: Final = 64
"""The largest number of rules that a layer of a block can come to."""

_PHASES: Final = {"TRAIN": "TEST", "TEST": "TRAIN", "0": "TEST", "1": "TRAIN"}
_OPPOSITE: Final = {"stage": "not_stage", "not_stage": "stage"}


class RulesError(Exception):
    """Rules can't be joined."""


def joined(outer: Sequence[Node], inner: Sequence[Node]) -> list[Node] | None:
    """The rules that hold where both hold.

    Args:
        outer: ``include`` or ``exclude`` nodes of the layer that uses a block.
        inner: those of a layer in the block.

    Returns:
        the rules of one kind; None if they never hold.

    Raises:
        RulesError: there would be too many.
    """
    if not outer or not inner:
        return [*outer, *inner]
    if {rule.key for rule in (*outer, *inner)} == {"exclude"}:
        return [*outer, *inner]
    both = _all_of([_including(outer), _including(inner)])
    return both or None


def _including(rules: Sequence[Node]) -> list[Node]:
    """Rules as ``include`` rules, of which one has to hold."""
    if rules[0].key == "include":
        return list(rules)
    return _all_of([[_negated(rule, condition) for condition in rule.children or ()] for rule in rules])


def _negated(rule: Node, condition: Node) -> Node:
    """The rule that holds where a condition doesn't."""
    key, text = condition.key, condition.text or ""
    if key == "phase":
        text = _PHASES.get(text, text)
    elif key in _OPPOSITE:
        key = _OPPOSITE[key]
    elif key == "min_level":
        key, text = "max_level", _next(text, -1)
    else:
        key, text = "min_level", _next(text, 1)
    negated = _copy(condition, text)
    negated.key = key
    return _rule(rule, [negated])


def _next(text: str, by: int) -> str:
    try:
        return str(int(text) + by)
    except ValueError as error:
        raise RulesError(f"the level '{text}' is not a whole number") from error


def _all_of(alternatives: Sequence[list[Node]]) -> list[Node]:
    """Rules of which one holds where, in each of several lists, one holds."""
    total = 1
    for several in alternatives:
        total *= len(several)
    if total > MAX_RULES:
        raise RulesError(f"its rules and those of the block come to {total}, more than {MAX_RULES}")
    merged = (_merged(rules) for rules in product(*alternatives))
    return [rule for rule in merged if rule is not None]


def _merged(rules: Sequence[Node]) -> Node | None:
    """One rule with the conditions of several; None if they contradict each other."""
    conditions: dict[tuple[str, str], Node] = {}
    for rule in rules:
        for condition in rule.children or ():
            text = condition.text or ""
            name = "" if condition.key in {"stage", "not_stage"} else "only"
            key = condition.key, name or text
            other = conditions.setdefault(key, condition)
            if condition.key == "phase" and other.text != text:
                return None
            if condition.key in {"min_level", "max_level"}:
                choose = max if condition.key == "min_level" else min
                conditions[key] = choose(other, condition, key=lambda c: int(_next(c.text or "", 0)))
    return _rule(rules[0], [_copy(c, c.text or "") for c in conditions.values()])


def _rule(like: Node, conditions: list[Node]) -> Node:
    return ExpandedNode("include", None, conditions, like, like.call)


def _copy(node: Node, text: str) -> Node:
    return ExpandedNode(node.key, text, None, node, node.call)
