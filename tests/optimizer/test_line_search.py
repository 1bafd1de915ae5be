from __future__ import annotations

from math import inf, nan

import pytest
import torch

from layerzoo.optimizer.line_search import Point, backtracking, exact, strong_wolfe


class Line:
    """A function of one variable with its derivative; counts its evaluations."""

    def __init__(self, value, slope):
        self.value, self.slope, self.tried = value, slope, []

    def __call__(self, step):
        self.tried.append(step)
        return Point(step, self.value(step), self.slope(step), torch.zeros(0), 0.0)

    def start(self):
        return Point(0.0, self.value(0.0), self.slope(0.0), torch.zeros(0), 0.0)


def parabola():
    return Line(lambda s: (s - 3) ** 2, lambda s: 2 * (s - 3))


def test_backtracking_halves_until_the_decrease_is_sufficient():
    line = parabola()
    point = backtracking(line, line.start(), 16, 0.5, 0.5, 10)
    # 16 and 8 are higher than 0; 4 misses half of the predicted decrease (9 - 12), 2 reaches it (9 - 6)
    assert line.tried == [16, 8, 4, 2]
    assert point is not None
    assert point.step == 2


def test_backtracking_returns_none_after_the_last_evaluation():
    line = Line(lambda s: s, lambda s: -1)
    assert backtracking(line, line.start(), 1, 1e-4, 0.5, 5) is None
    assert len(line.tried) == 5


@pytest.mark.parametrize("first", [1e-3, 0.1, 1, 2.9, 5, 100])
@pytest.mark.parametrize("curvature", [0.1, 0.9])
@pytest.mark.parametrize(
    "line",
    [
        parabola(),
        Line(lambda s: (s - 1) ** 4 - s, lambda s: 4 * (s - 1) ** 3 - 1),
        Line(lambda s: -s / (s * s + 2), lambda s: (s * s - 2) / (s * s + 2) ** 2),  # Moré, Thuente 1994
    ],
)
def test_strong_wolfe_conditions_hold(line, first, curvature):
    start = line.start()
    point = strong_wolfe(line, start, first, 1e-4, curvature, 25)
    assert point is not None
    assert point.value <= start.value + 1e-4 * point.step * start.slope
    assert abs(point.slope) <= -curvature * start.slope


def test_strong_wolfe_finds_a_parabolas_minimum_by_interpolation():
    line = parabola()
    point = strong_wolfe(line, line.start(), 10, 1e-4, 1e-3, 25)
    assert point is not None
    assert point.step == pytest.approx(3)
    assert len(line.tried) == 2


@pytest.mark.parametrize("wall", [inf, nan])
def test_strong_wolfe_returns_from_values_that_are_not_finite(wall):
    line = Line(lambda s: (s - 3) ** 2 if s < 4 else wall, lambda s: 2 * (s - 3) if s < 4 else nan)
    point = strong_wolfe(line, line.start(), 64, 1e-4, 0.5, 25)
    assert point is not None
    assert point.value < 9


def test_strong_wolfe_returns_none_if_nothing_is_lower():
    line = Line(lambda s: s, lambda s: -1)
    assert strong_wolfe(line, line.start(), 1, 1e-4, 0.5, 12) is None
    assert len(line.tried) <= 12


@pytest.mark.parametrize("first", [1e-3, 0.1, 1, 2.9, 5, 100])
@pytest.mark.parametrize(
    ("line", "least"),
    [
        (parabola(), 3),
        (Line(lambda s: (s - 1) ** 4 - s, lambda s: 4 * (s - 1) ** 3 - 1), 1 + 0.25 ** (1 / 3)),
        (Line(lambda s: -s / (s * s + 2), lambda s: (s * s - 2) / (s * s + 2) ** 2), 2**0.5),
    ],
)
def test_exact_finds_where_the_slope_is_zero(line, least, first):
    start = line.start()
    point = exact(line, start, first, 1e-9, 60)
    assert point is not None
    assert point.step == pytest.approx(least, rel=1e-7)
    assert abs(point.slope) <= -1e-9 * start.slope


def test_exact_takes_two_evaluations_for_a_parabola():
    line = parabola()
    point = exact(line, line.start(), 10, 1e-6, 25)
    assert point is not None
    assert point.step == pytest.approx(3)
    assert len(line.tried) == 2


def test_exact_halves_the_interval_in_two_evaluations():
    # the secant alone creeps along |s - 1| ^ 9, whose slope is nearly 0 on one side
    line = Line(lambda s: (s - 1) ** 10, lambda s: 10 * (s - 1) ** 9)
    point = exact(line, line.start(), 5, 1e-12, 40)
    assert point is not None
    assert abs(point.slope) <= 1e-11
    assert len(line.tried) < 25


@pytest.mark.parametrize("wall", [inf, nan])
def test_exact_returns_from_values_that_are_not_finite(wall):
    line = Line(lambda s: (s - 3) ** 2 if s < 4 else wall, lambda s: 2 * (s - 3) if s < 4 else nan)
    point = exact(line, line.start(), 64, 1e-6, 25)
    assert point is not None
    assert point.step == pytest.approx(3)


def test_exact_returns_none_if_nothing_is_lower():
    line = Line(lambda s: s, lambda s: -1)
    assert exact(line, line.start(), 1, 1e-6, 12) is None
    assert len(line.tried) <= 12
