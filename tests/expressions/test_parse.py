"""The syntax of expressions."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerzoo.expressions import ExpressionError, parse
from layerzoo.expressions.parse import MAX_DEPTH, MAX_LENGTH
from layerzoo.expressions.tree import Binary, Literal


def test_expression_ends_at_its_closer() -> None:
    expression, end = parse("${1 + 2} rest", 2, closer="}")
    assert end == len("${1 + 2}")
    assert isinstance(expression, Binary)
    assert (expression.at, expression.length) == (2, len("1 + 2"))


def test_closer_inside_maps_and_strings_does_not_end_it() -> None:
    text = "{a: '}'}.a}"
    assert parse(text, closer="}")[1] == len(text)


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("", "the expression ends too early; expected a value", 0),
        ("1 +", "the expression ends too early; expected a value", 2),
        ("1 2", "expected an operator or the end, found '2'", 2),
        ("(1", "the expression ends too early; expected ')'", 1),
        ("[1 2]", "expected ',' or ']', found '2'", 3),
        (
            "1 if 2",
            "the expression ends too early; expected 'else': a condition has the form  a if condition else b",
            5,
        ),
        ("a & b", "expected an operator or the end, found '&'", 2),
        ("'abc", "this string has no closing '", 0),
        ("1 < 2 < 3", "a comparison of a comparison", 6),
        ("007", "'007' could be octal or decimal", 0),
        ("99999999999999999999", "a number has at most 63 bits", 0),
        ("{a: 1, a: 2}", "the key 'a' is given twice", 7),
        ("{[1]: 2}", "expected a key, found '['", 1),
        ("a.", "the expression ends too early; expected a name after '.'", 1),
        ("lambda: 1", "expected an operator or the end, found ':'", 6),
        ("(" * (MAX_DEPTH + 1), f"nested more than {MAX_DEPTH} levels deep, the limit", MAX_DEPTH),
    ],
)
def test_fault_says_what_is_expected_and_where(text: str, message: str, at: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.at) == (message, at)


def test_foreign_operators_have_hints() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("a | b")
    assert caught.value.hint == "write or"


def test_length_is_limited() -> None:
    with pytest.raises(ExpressionError, match="an expression has at most 10,000 characters"):
        parse("1 + " * (MAX_LENGTH // 4 + 2) + "1")


@given(st.text("0123456789.+-*/%<>=!()[]{}:,'\"\\ aeifnotrl$\n", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(ExpressionError):
        expression, end = parse(text)
        assert len(text) >= end >= expression.at + expression.length


def test_parenthesised_comparisons_can_be_compared() -> None:
    expression, _ = parse("(1 < 2) == true")
    assert isinstance(expression, Binary)
    assert isinstance(expression.right, Literal)
