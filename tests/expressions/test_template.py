"""Texts with expressions in them."""

from __future__ import annotations

import pytest

from layerzoo.expressions import ExpressionError, Template, Value, evaluate, folded, parse, split


def value(text: str, **values: Value) -> Value:
    template = split(text)
    assert template is not None
    return template.value(values)


def test_text_without_expressions_is_none() -> None:
    assert split("conv1 $x {y}") is None


def test_whole_expression_keeps_its_type() -> None:
    assert value("${n}", n=3) == 3
    assert value("${n}", n=[1]) == [1]


def test_expressions_in_a_text_become_text() -> None:
    assert value("res${s}${letter}_branch${i + 1}", s=2, letter="a", i=0) == "res2a_branch1"
    assert value("${flag}!", flag=True) == "true!"


def test_list_in_a_text_is_refused() -> None:
    with pytest.raises(ExpressionError, match="a list inside a text"):
        value("x${n}", n=[1])


def test_double_dollar_is_a_literal() -> None:
    assert value("$${n}") == "${n}"
    assert value("a$${n}${n}", n=1) == "a${n}1"


def test_unclosed_expression_says_to_quote_it() -> None:
    with pytest.raises(ExpressionError) as caught:
        split("x${n")
    assert (caught.value.message, caught.value.at) == ("this '${' is never closed", 1)
    assert caught.value.hint == "put it in quotes, or add '}'"


def test_names_are_those_of_all_expressions() -> None:
    template = split("${a + b}${min(c)}")
    assert isinstance(template, Template)
    assert template.names == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bottom[0].shape[1] * (n + 2) // m", "((bottom[0].shape[1] * 5) // 2)"),
        ("-bottom[n - 3].shape[0]", "(- bottom[0].shape[0])"),
        ("bottom[0].shape[1] if name == 'x' else n", "(bottom[0].shape[1] if true else 3)"),
        ("max(bottom[0].shape[1], n)", "max(bottom[0].shape[1], 3)"),
        ("[bottom[0].shape[1], -n][0]", "[bottom[0].shape[1], (-3)][0]"),
        ("{a: bottom[0].shape[1], b: name}.a", '{"a": bottom[0].shape[1], "b": "x"}.a'),
    ],
)
def test_folding_leaves_only_shapes(text: str, expected: str) -> None:
    values: dict[str, Value] = {"n": 3, "m": 2, "name": "x"}
    expression = parse(text)[0]
    assert folded(expression, values) == expected
    shapes: dict[str, Value] = {"bottom": [{"shape": [7, 11]}]}
    assert evaluate(parse(expected)[0], shapes) == evaluate(expression, {**values, **shapes})


def test_length_of_a_text_with_expressions_is_limited() -> None:
    with pytest.raises(ExpressionError, match="a text with expressions has at most 10,000 characters"):
        split("${1}" * 3000)
    assert split("1" * 20_000) is None
