"""The syntax tree of expressions."""

from __future__ import annotations

from layerzoo.expressions import parse
from layerzoo.expressions.tree import ExpressionError


def test_names_are_found_in_all_parts() -> None:
    text = "[a, {k: b}] + (c if d else e)[f] + min(g, -h)"
    assert {name.name for name in parse(text)[0].names()} == set("abcdefgh")


def test_error_of_a_part_has_its_place() -> None:
    part = parse("  abc")[0]
    error = ExpressionError.of(part, "wrong", "hint")
    assert (error.at, error.length, error.hint) == (2, 3, "hint")
