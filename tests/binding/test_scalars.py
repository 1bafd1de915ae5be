"""Texts of scalars converted to the types of their fields."""

from __future__ import annotations

import pytest

from layerzoo.binding.scalars import CONVERTERS, WrongError, expected, shown
from layerzoo.nodes import ExpandedNode, Node
from layerzoo.schema import ConvolutionParameter, Field, LayerParameter, PoolingParameter, fields
from layerzoo.source import Source


def node(text: str, quoted: bool = False, written: str | None = None) -> Node:
    plain = Node("f", text, None, Source("x", text), quoted=quoted)
    return plain if written is None else ExpandedNode("f", text, None, plain, None, written)


def field(message: type, name: str) -> Field:
    return fields(message)[name]


def test_value_of_an_expression_fits_strings_and_names_alike() -> None:
    kind, name = field(PoolingParameter, "pool"), field(LayerParameter, "name")
    assert CONVERTERS["enum"](kind)(node("MAX", True, "${p}")) == 0
    assert CONVERTERS["string"](name)(node("5", False, "${n}")) == "5"
    with pytest.raises(WrongError):
        CONVERTERS["enum"](kind)(node("MAX", True))
    with pytest.raises(WrongError):
        CONVERTERS["string"](name)(node("5"))


def test_expected_and_shown_are_for_messages() -> None:
    assert expected(field(ConvolutionParameter, "num_output")) == "an integer (uint32)"
    assert expected(field(PoolingParameter, "pool")) == "a name of PoolMethod"
    assert shown(node("a", True)) == 'the string "a"'
    assert shown(node("x" * 100)) == "'" + "x" * 60 + "…'"
