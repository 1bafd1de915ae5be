"""The values of expressions."""

from __future__ import annotations

import time

import pytest

from layerzoo.expressions import ExpressionError, Steps, Value, evaluate, parse
from layerzoo.expressions.evaluate import MAX_STEPS, MAX_STRING, MAX_VALUES, count_values, name_of, text_of


def value(text: str, **values: Value) -> Value:
    return evaluate(parse(text)[0], values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("64 * 2 ** s", 128),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512),
        ("7 // 2 + 7 % 4", 6),
        ("7 / 2", 3.5),
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("1e-3 * 2", 0.002),
        ("s == 1 and not s > 2", True),
        ("s < 1 or s >= 1", True),
        ("'a' + \"b\"", "ab"),
        ("[1, 2] + [3]", [1, 2, 3]),
        ("[0, 1] * 2 + [5] * s + [7] * 0", [0, 1, 0, 1, 5]),
        ("2 in [1, 2]", True),
        ("'x' in {x: 1}", True),
        ("'b' in 'abc'", True),
        ("10 if s else 20", None),
        ("10 if s == 0 else 20", 20),
        ("{18: [2, 2], 50: [3, 4]}[50][1]", 4),
        ("{a: {b: 5}}.a.b", 5),
        ("'abc'[s]", "b"),
        ("[1, 2, 3][-1]", 3),
        ("len([1, 2, 3]) + len('ab')", 5),
        ("min(3, 1, 2) + max([4, 9])", 10),
        ("sum([1, 2, 3])", 6),
        ("round(2.4) + ceil(2.1) + floor(2.9)", 7),
        ("log2(8) + sqrt(16)", 7.0),
        ("abs(-3)", 3),
        ("range(1, 4)", [1, 2, 3]),
        ("int('12') + 1", 13),
        ("str(5) + 'x'", "5x"),
        ("true and false", False),
    ],
)
def test_value_is_pythons(text: str, expected: Value | None) -> None:
    if expected is None:
        with pytest.raises(ExpressionError, match="expected true or false, not 1"):
            value(text, s=1)
    else:
        result = value(text, s=1)
        assert result == expected
        assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "message", "part"),
    [
        ("n + 1", "unknown name 'n'", "n"),
        ("1 / (2 - 2)", "a division by zero", "2 - 2"),
        ("10 ** 19", "a number has at most 63 bits", "10 ** 19"),
        ("2 ** 10 ** 9", "a number has at most 63 bits", "2 ** 10 ** 9"),
        ("9 * 10 ** 18 * 2", "a number has at most 63 bits", "9 * 10 ** 18 * 2"),
        ("1e308 * 10", "the value is not finite: inf", "1e308 * 10"),
        ("(0 - 8) ** 0.5", "-8 ** 0.5 is not a real number", "0 - 8) ** 0.5"),
        ("[1, 2][2]", "index 2 of 2 values", "2"),
        ("{a: 1}.b", "the map has no 'b'", "b"),
        ("5[0]", "expected a list, a map or a string, not 5", "5"),
        ("[1]['a']", "expected a whole number as index, not the string 'a'", "'a'"),
        ("'a' + 1", "'+' of a string and a number", "'a' + 1"),
        ("'a' * 2", "expected a number, not the string 'a'", "'a'"),
        ("[1] * -1", "expected a whole number from 0 as times, not -1", "-1"),
        ("[1] * 1.5", "expected a whole number from 0 as times, not 1.5", "1.5"),
        ("[1] * true", "expected a whole number from 0 as times, not true", "true"),
        ("[0, 1] * 50000", "a list has at most 100,000 values", "[0, 1] * 50000"),
        ("true + 1", "expected a number, not true", "true"),
        ("sqrt(-1)", "sqrt(-1) has no value", "sqrt(-1)"),
        ("min()", "min() has no value", "min()"),
        ("mim(1)", "unknown function 'mim'", "mim(1)"),
        ("range(10 ** 12)", "a list has at most 100,000 values", "range(10 ** 12)"),
        ("1 in 5", "expected a list or a map, not 5", "5"),
        ("int([1])", "int(a list of 1) has no value", "int([1])"),
    ],
)
def test_fault_points_to_the_part(text: str, message: str, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert caught.value.message == message
    at = caught.value.at
    assert text[at : at + caught.value.length] == part


def test_unknown_names_have_hints() -> None:
    with pytest.raises(ExpressionError) as caught:
        value("dept", depth=50)
    assert caught.value.hint == "did you mean 'depth'?"
    with pytest.raises(ExpressionError) as caught:
        value("xyz", depth=50)
    assert caught.value.hint == "known here: depth"


@pytest.mark.parametrize(
    "text",
    [
        "2 ** 10 ** 18",
        "range(10 ** 18)",
        "[0] * 10 ** 18",
        "len(" * 12 + "range(99999)" + ")" * 12,
        " + ".join(["range(99999)"] * 300),
    ],
)
def test_bombs_end_at_once(text: str) -> None:
    start = time.monotonic()
    with pytest.raises(ExpressionError):
        value(text)
    assert time.monotonic() - start < 10  # measured: below 0.1 s


def test_strings_and_lists_have_a_largest_length() -> None:
    with pytest.raises(ExpressionError, match="a string has at most 10,000 characters"):
        value("a + a", a="x" * (MAX_STRING // 2 + 1))
    with pytest.raises(ExpressionError, match="a list has at most 100,000 values"):
        value("[a, a]", a=[0] * (MAX_VALUES // 2 + 1))
    assert value(f"len([0] * {MAX_VALUES - 1})") == MAX_VALUES - 1  # and the list itself


def test_steps_of_several_expressions_are_bounded_together() -> None:
    steps = Steps(MAX_STEPS - 2)
    assert evaluate(parse("1")[0], {}, steps) == 1
    with pytest.raises(ExpressionError, match="take more than 1,000,000 steps"):
        evaluate(parse("1 + 1")[0], {}, steps)


def test_values_have_names_texts_and_counts() -> None:
    assert [name_of(v) for v in (True, 1.5, "a", [], {})] == [
        "true or false",
        "a number",
        "a string",
        "a list",
        "a map",
    ]
    assert [text_of(v) for v in (True, 2, 0.5, "a")] == ["true", "2", "0.5", "a"]
    assert count_values([1, [2, 3], {"a": 4}]) == 7
