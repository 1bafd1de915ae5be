from __future__ import annotations

import pytest

from layerzoo.errors import SnapshotError
from layerzoo.state_fields import (
    COUNT,
    FINITE,
    FLAG,
    ITERATION,
    NUMBER,
    OBJECT,
    POSITIVE,
    SEED,
    STRING,
    check_state,
    if_present,
    list_of,
    mapping_of,
    optional,
    whole,
)

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [
        (whole(1, 3), [1, 3], [0, 4, 1.0, True, "1", None]),
        (ITERATION, [0, 2**31 - 1], [-1, 2**31, 5.0]),
        (COUNT, [0, 2**63 - 1], [-1, 2**63]),
        (SEED, [-(2**63), 2**64 - 1], [2**64, 0.5]),
        (FLAG, [True, False], [0, 1, "true"]),
        (STRING, ["", "a"], [1, None, ["a"]]),
        (NUMBER, [0, -1.5, NAN, INF], [2**63, True, "1", None, [1]]),
        (FINITE, [0, -1.5], [NAN, INF, 10**400]),
        (POSITIVE, [1, 0.5], [0, -1.0, NAN, INF]),
        (OBJECT, [{}, {"a": 1}], [[], "a"]),
        (optional(NUMBER), [None, 1.5], ["a"]),
        (list_of(NUMBER), [[], [1, NAN]], [{}, "12", [1, "a"], [None], 1]),
        (mapping_of(STRING), [{}, {"a": "b"}], [[], {"a": 1}]),
    ],
)
def test_fields_accept_their_values_only(field, accepted, refused):
    for value in accepted:
        check_state({"x": value}, {"x": field}, "part 'p'")
    for value in refused:
        with pytest.raises(SnapshotError, match=r"^part 'p': 'x' is .*; expected a|^part 'p': 'x' is .*true"):
            check_state({"x": value}, {"x": field}, "part 'p'")


def test_missing_fields_are_refused_unless_they_may_be():
    with pytest.raises(SnapshotError, match=r"^p: 'x' is missing; expected a whole number from 0"):
        check_state({"y": 1}, {"x": COUNT}, "p")
    check_state({"y": 1}, {"x": if_present(COUNT)}, "p")
    with pytest.raises(SnapshotError, match="'x' is 'a'"):
        check_state({"x": "a"}, {"x": if_present(COUNT)}, "p")


def test_long_values_are_shortened():
    with pytest.raises(SnapshotError) as caught:
        check_state({"x": "a" * 10_000}, {"x": COUNT}, "p")
    assert len(str(caught.value)) < 300
