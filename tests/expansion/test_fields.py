"""The fields that decide which layers there will be."""

from __future__ import annotations

import pytest

from layerzoo.expansion.fields import (
    MAX_LAYERS,
    TooManyLayersError,
    applies,
    elements_in,
    text_in,
    texts_in,
    too_many,
)
from tests.expansion.test_scope import first, scope


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r { times: 3 }", [0, 1, 2]),
        ("r { times: ${n} }", [0, 1]),
        ("r { over: [4, 5] }", [4, 5]),
        ("r { over: ${[6, 7]} }", [6, 7]),
        ("r { over: [${[6, 7]}] }", [6, 7]),
        ("r { over: 4 }", [4]),
        ("r { over: ${ {a: 1, b: 2} } }", ["a", "b"]),
        ("r { }", [0]),
        ("r { times: 1.5 }", None),
        ("r { times: 1 over: 2 }", None),
        ("r { over: ${m} }", None),
    ],
)
def test_elements_are_those_of_a_list_or_numbers(text: str, expected: list[object] | None) -> None:
    here = scope(n=2)
    elements = elements_in(first(text), here, "over")
    assert (None if elements is None else list(elements)) == expected
    assert (expected is None) == bool(here.faults)


def test_too_many_elements_are_refused_before_they_are_counted_out() -> None:
    here = scope()
    with pytest.raises(TooManyLayersError):
        elements_in(first("r { times: ${10 ** 18} }"), here, "over")
    assert here.faults[0].message == f"the net has more than {MAX_LAYERS:,} layers"
    assert isinstance(too_many(first("a: 1"), here), TooManyLayersError)


def test_condition_is_true_or_false() -> None:
    here = scope(n=2)
    assert applies(first("l { }"), here)
    assert applies(first("l { when: ${n > 1} }"), here)
    assert not applies(first("l { when: false }"), here)
    assert not here.faults
    assert not applies(first("l { when: ${n} }"), here)
    assert here.faults[0].message == "'when' takes true or false, not 2"


def test_texts_have_their_values() -> None:
    node = first('l { a: "x${n}" a: ${m} }')
    here = scope(n=1, m=["p", "q"])
    assert texts_in(node.all("a"), here) == ["x1", "p", "q"]
    assert text_in(node.first("a"), here) == "x1"
    assert text_in(node.first("b"), here) == ""
