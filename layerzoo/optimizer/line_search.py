"""Line search: choose a step length. Source: Nocedal and Wright 2006, "Numerical Optimization", chapter 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, sqrt

from torch import Tensor

_LEAST_GROWTH, _MOST_GROWTH = 2.0, 10.0
"""Bounds of the factor by which a step that was too short is lengthened."""
_LEAST_STRIDE = 1.01
"""The least factor by which `exact` lengthens a step that was too short."""
_PRECISION, _MARGIN = 1e-12, 1e-4
"""Of an interval of `exact`: its least width, as a fraction of its end; the least distance of a trial step
from its ends, as a fraction of its width."""
_EDGE = 0.1
"""The least distance of a trial step from the ends of its interval, as a fraction of the interval."""


@dataclass(frozen=True)
class Point:
    """A point on the search line.

    Attributes:
        step: distance from the start, in lengths of the direction.
        value: the value to minimise.
        slope: derivative of the value with respect to ``step``.
        gradient: gradient of the value.
        loss: the value without weight decay.
    """

    step: float
    value: float
    slope: float
    gradient: Tensor
    loss: float


Evaluate = Callable[[float], Point]


def backtracking(
    evaluate: Evaluate, start: Point, first: float, decrease: float, shrink: float, evaluations: int
) -> Point | None:
    """The first of the steps ``first``, ``first * shrink``, ... that meets the Armijo condition, or None.

    Args:
        evaluate: returns the point at a step.
        start: the point at step 0, with a negative slope.
        first: the first step to try.
        decrease: the required fraction of the decrease that the slope at the start predicts.
        shrink: factor from one step to the next.
        evaluations: the most steps to try.
    """
    step = first
    for _ in range(evaluations):
        point = evaluate(step)
        if _fell(point, start, decrease):
            return point
        step *= shrink
    return None


def strong_wolfe(
    evaluate: Evaluate, start: Point, first: float, decrease: float, curvature: float, evaluations: int
) -> Point | None:
    """A point that meets the strong Wolfe conditions (algorithms 3.5 and 3.6).

    Args:
        evaluate, start, first, decrease, evaluations: as in `backtracking`.
        curvature: the largest allowed slope, as a fraction of the slope at the start.

    Returns:
        the point; after the last evaluation, the lowest that meets the Armijo condition, or None.
    """
    flat = -curvature * start.slope
    last, step = start, first
    for used in range(evaluations):
        point = evaluate(step)
        if not _fell(point, start, decrease) or (used and point.value >= last.value):
            return _zoom(evaluate, start, last, point, decrease, flat, evaluations - used - 1)
        if abs(point.slope) <= flat:
            return point
        if point.slope >= 0:
            return _zoom(evaluate, start, point, last, decrease, flat, evaluations - used - 1)
        step = _clamp(_cubic_minimum(last, point), _LEAST_GROWTH * step, _MOST_GROWTH * step)
        last = point
    return last if last.step else None


def exact(evaluate: Evaluate, start: Point, first: float, tolerance: float, evaluations: int) -> Point | None:
    """A point where the slope is 0, up to a tolerance, and the value no higher than at the start.

    The secant method on the slope; once a minimum is between two points, their distance halves at least in
    every two evaluations (Dekker 1969, "Finding a zero by means of successive linear interpolation").

    Args:
        evaluate, start, first, evaluations: as in `backtracking`.
        tolerance: the largest slope of the point, as a fraction of the slope at the start.

    Returns:
        the point; after the last evaluation, the one with the least slope; None if no value is lower, or
        equal with a slope of less than half.
    """
    flat = -tolerance * start.slope
    best: Point | None = None
    low, high = start, None
    step, before = first, inf
    for _ in range(evaluations):
        point = evaluate(step)
        if isfinite(point.value) and point.value <= start.value and isfinite(point.slope):
            best = point if best is None or abs(point.slope) < abs(best.slope) else best
            if abs(point.slope) <= flat:
                break
        if point.slope >= 0 or not point.value <= low.value:
            high = point
        else:
            last, low = low, point
        if high is None:
            step = _clamp(_zero_slope(last, low), _LEAST_STRIDE * low.step, _MOST_GROWTH * low.step)
            continue
        width = high.step - low.step
        if width <= _PRECISION * high.step:
            break
        step = _zero_slope(low, high) if high.slope > 0 and width <= before / 2 else low.step + width / 2
        before, step = width, _clamp(step, low.step + _MARGIN * width, high.step - _MARGIN * width)
    if best is None or (best.value == start.value and abs(best.slope) > abs(start.slope) / 2):
        return None
    return best


def _zero_slope(a: Point, b: Point) -> float:
    """The step where the slope, if it is linear, is 0; infinity if it doesn't rise from a to b."""
    if not (isfinite(b.slope) and b.slope > a.slope):
        return inf
    return b.step - b.slope * (b.step - a.step) / (b.slope - a.slope)


def _zoom(
    evaluate: Evaluate, start: Point, low: Point, high: Point, decrease: float, flat: float, evaluations: int
) -> Point | None:
    """Search between two points; ``low`` has the lower value, and a slope that descends towards ``high``."""
    for _ in range(evaluations):
        ends = sorted((low.step, high.step))
        edge = _EDGE * (ends[1] - ends[0])
        if edge < 1e-12 * ends[1]:
            break
        point = evaluate(_clamp(_cubic_minimum(low, high), ends[0] + edge, ends[1] - edge))
        if not _fell(point, start, decrease) or point.value >= low.value:
            high = point
            continue
        if abs(point.slope) <= flat:
            return point
        if point.slope * (high.step - low.step) >= 0:
            high = low
        low = point
    return low if low.step else None


def _fell(point: Point, start: Point, decrease: float) -> bool:
    return isfinite(point.value) and point.value <= start.value + decrease * point.step * start.slope


def _cubic_minimum(a: Point, b: Point) -> float:
    """The minimum of the cubic through two points and slopes (formula 3.59); the middle if it has none."""
    middle = (a.step + b.step) / 2
    if not (isfinite(a.value) and isfinite(b.value) and isfinite(b.slope)) or a.step == b.step:
        return middle
    first = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    under_root = first * first - a.slope * b.slope
    if under_root < 0:
        return middle
    second = sqrt(under_root) if b.step > a.step else -sqrt(under_root)
    divisor = b.slope - a.slope + 2 * second
    return b.step - (b.step - a.step) * (b.slope + second - first) / divisor if divisor else middle


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
