"""Round numbers along an axis."""

from __future__ import annotations

import pytest

from layerzoo.runs.ticks import log_ticks, short, ticks


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 2000, 5, [0, 500, 1000, 1500, 2000]),
        (0.0655, 0.984, 5, [0.2, 0.4, 0.6, 0.8]),
        (0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-1, 1, 3, [-1, 0, 1]),
        (0.00877, 0.01, 3, [0.009, 0.0095, 0.01]),
        (1e6, 3e6, 3, [1e6, 2e6, 3e6]),
        (7, 7, 5, [7]),
        (3, 4, 1, [3]),
        (0, 5e-324, 5, [0]),
        (-1e300, 1e300, 3, [-1e300, 0, 1e300]),
    ],
)
def test_ticks_are_round_values(low: float, high: float, most: int, expected: list[float]) -> None:
    assert ticks(low, high, most) == expected


@pytest.mark.parametrize("most", range(2, 12))
@pytest.mark.parametrize("span", [0.003, 0.9, 1, 1.1, 99, 12345.6])
def test_ticks_are_limited_and_inside(most: int, span: float) -> None:
    found = ticks(0.1, 0.1 + span, most)
    assert 1 <= len(found) <= most
    assert all(0.1 - 1e-9 <= value <= 0.1 + span + 1e-9 for value in found)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0.9, 11, 5, [1, 2, 5, 10]),
        (0.02, 3, 5, [0.03, 0.1, 0.3, 1, 3]),
        (1e-5, 1, 6, [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1]),
        (1e-5, 1, 4, [1e-5, 1e-3, 0.1]),
        (2.1, 2.9, 4, [2.2, 2.4, 2.6, 2.8]),
        (7, 7, 4, [7]),
    ],
)
def test_log_ticks(low: float, high: float, most: int, expected: list[float]) -> None:
    assert log_ticks(low, high, most) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "0.25"), (1500, "1500"), (20000, "20k"), (2.5e6, "2.5M"), (12345, "12345"), (1e-5, "1e-05")],
)
def test_short_formats_numbers(value: float, text: str) -> None:
    assert short(value) == text
