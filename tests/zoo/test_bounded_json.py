"""JSON of strangers."""

from __future__ import annotations

import re
import time

import pytest

from layerzoo.zoo.bounded_json import MAX_CONTAINERS, MAX_DEPTH, check_results, check_text, parse_json


def test_json_is_parsed() -> None:
    text = '{"a": [1, -2.5, true, null, "\\u0416 [{"], "b": {"c": "\\"]"}}'
    assert parse_json(text.encode()) == {"a": [1, -2.5, True, None, "Ж [{"], "b": {"c": '"]'}}
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested more than 16 deep"),
        (b"[" * 400_000, "nested more than 16 deep"),
        (b"[" + b"[]," * MAX_CONTAINERS + b"[]]", "too many values"),
        (b"[" + b"0," * 3_000_000 + b"0]", "too many values"),
        (b"1" * 5000, "an integer of 5,000 digits"),
        (b"-" + b"1" * 20, "an integer of 20 digits"),
        (b"1e999", "1e999 is not a finite number"),
        (b"0." + b"1" * 5000, "is not a finite number"),
        (b"NaN", "NaN is not a JSON number"),
        (b'{"a": 1, "a": 2}', "a key occurs twice"),
        (b'{"a": "\\ud800"}', "surrogates not allowed"),
        (b"\xff", "can't decode byte"),
        (b'"', "Unterminated string"),
        (b"", "Expecting value"),
    ],
)
def test_hostile_json_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_json(data)


def test_unterminated_strings_take_linear_time() -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError, match="Unterminated"):
        parse_json(b'"' + b'\\"' * 1_000_000)
    assert time.perf_counter() - start < 10, "about 0.05 s; quadratic time would be hours"


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b", "\x00", "\u2028", "\u2067", "\ud800"])
def test_text_with_control_characters_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"title has the control character {text[0]!a}")):
        check_text(text, "title", 100, lines=True)
    assert check_text("a\u3000b\u00a0\u200d🙂", "title", 100)


def test_results_are_finite_numbers() -> None:
    assert check_results({"a": 1, "b": 0.5}, "results", 2, 10) == {"a": 1.0, "b": 0.5}
    for wrong in ([], {"a": True}, {"a": float("nan")}, {"a": "1"}, {"a": 1, "b": 2, "c": 3}, {"x" * 11: 1}):
        with pytest.raises(ValueError, match="results"):
            check_results(wrong, "results", 2, 10)
