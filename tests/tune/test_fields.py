"""Fields of a plan."""

from __future__ import annotations

import pytest

from layerzoo.errors import Fault
from layerzoo.nodes import yaml
from layerzoo.source import Source
from layerzoo.tune.fields import Fields


def fields(text: str, *known: str) -> tuple[Fields, list[Fault]]:
    faults: list[Fault] = []
    root = yaml.read(Source("tune.yaml", text, True), faults)
    assert not faults
    return Fields(root, "the plan", known or ("a", "b"), faults), faults


def test_unknown_field_is_a_fault_with_the_nearest_one() -> None:
    _, faults = fields("serach: grid\n", "search", "seed")
    (fault,) = faults
    assert str(fault).startswith("tune.yaml:1:1: unknown field 'serach' in the plan")
    assert fault.hint == "did you mean 'search'?"


def test_values_are_read() -> None:
    one, faults = fields("a: 12\nb: [x, 'y']\n")
    assert one.whole("a", 3, 0, 100) == 12
    assert one.number("a") == 12.0
    assert one.text("a") == "12"
    assert [node.text for node in one.texts("b")] == ["x", "y"]
    assert one.whole("c", 3, 0, 100) == 3
    assert not one.switch("c")
    assert faults == []


@pytest.mark.parametrize(
    ("text", "read", "message"),
    [
        ("a: 1.5\n", "whole", "a: expected a whole number from 0 to 9, got '1.5'"),
        ("a: 10\n", "whole", "a: expected a whole number from 0 to 9, got '10'"),
        ("a: inf\n", "number", "a: expected a number, got 'inf'"),
        ("a: yes\n", "switch", "a: expected true or false, got 'yes'"),
        ("a: z\n", "choice", "a: expected x or y, got 'z'"),
        ("a: [1, 2]\n", "number", "'a' takes one value, not a list"),
        ("a: {b: 1}\n", "text", "a: expected a text, got fields"),
        ("a: 1\n", "message", "a: expected fields, 'name: value', got '1'"),
    ],
)
def test_wrong_value_is_a_fault(text: str, read: str, message: str) -> None:
    one, faults = fields(text)
    arguments = {"whole": (0, 0, 9), "choice": (("x", "y"), "x")}.get(read, ())
    getattr(one, read)("a", *arguments)
    assert [fault.message for fault in faults] == [message]
    assert faults[0].origin is not None
