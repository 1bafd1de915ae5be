"""How far to go along a direction. Source: Nocedal and Wright 2006, "Numerical Optimization", chapter 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, sqrt

from torch import Tensor

_LEAST_GROWTH, _MOST_GROWTH = 2.0, 10.0
"""How many times as long the next step is when one was too short."""
_EDGE = 0.1
"""A trial keeps so much of an interval's length away from its ends."""


@dataclass(frozen=True)
class Point:
    """A place on the line.

    Attributes:
        step: how far from the start, in lengths of the direction.
        value: what is to become small.
        slope: its derivative by ``step``.
        gradient: its gradient.
        loss: its part without weight decay.
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
    """The first of ``first``, ``first * shrink``, ... where the value fell enough (Armijo); None if none did.

    Args:
        evaluate: the point at a step.
        start: the point at step 0, with a slope below 0.
        first: the first step tried.
        decrease: share of the promised fall that has to be reached.
        shrink: what a step is multiplied by.
        evaluations: how many steps are tried at most.
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
    """A point where the value fell enough and the slope is flat enough (algorithms 3.5 and 3.6).

    Args:
        evaluate, start, first, decrease, evaluations: as in `backtracking`.
        curvature: share of the start's slope that may be left.

    Returns:
        the point; where evaluations ran out, the lowest that fell enough; None where there is none.
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


def _zoom(
    evaluate: Evaluate, start: Point, low: Point, high: Point, decrease: float, flat: float, evaluations: int
) -> Point | None:
    """A point between two, ``low`` the lower one, with the slope there towards ``high``."""
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
    """Where the cubic through two points and their slopes is lowest (formula 3.59); half way if nowhere."""
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
