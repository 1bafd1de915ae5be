"""Measures what grid and random search find with the same number of trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from statistics import mean

from layerzoo.tune import Axis, Plan, read_plan
from layerzoo.tune.axes import levels_of
from tests.courses.lessons import COURSES, measure

IMPORTANT = "base_lr"
SHIFTS = (0.1, 1.0, 10.0)
"""Factors on the range of the important axis: a grid of so few values is good or bad by its place."""
SEARCHES = 2
"""Random searches for each shift and seed."""


def value(name: str, metric: str, changes: Sequence[str], seed: int) -> float:
    """The mean of the best losses that searches find; the metric is ``loss by grid`` or ``loss by random``.

    Args:
        name: the lesson.
        metric: see above.
        changes: ``-set`` arguments of all trials.
        seed: of the solver and of the random searches.
    """
    plan = plan_of_search(name, metric.removeprefix("loss by "))
    searches = SEARCHES if plan.search == "random" else 1
    return mean(
        best(moved(plan, shift, seed * SEARCHES + number), changes, seed)
        for shift in SHIFTS
        for number in range(searches)
    )


def plan_of_search(name: str, kind: str) -> Plan:
    """The plan of a kind of search."""
    return read_plan(COURSES / f"{name}_{kind}_tune.yaml")


def moved(plan: Plan, shift: float, seed: int) -> Plan:
    """A plan with another range of the important axis and another seed of the search."""
    return replace(plan, axes=[shifted(axis, shift) for axis in plan.axes], seed=seed)


def shifted(axis: Axis, shift: float) -> Axis:
    """An axis whose range is moved, if it is the important one."""
    if axis.path != IMPORTANT:
        return axis
    made = replace(axis, low=axis.low * shift, high=axis.high * shift, levels=())
    return replace(made, levels=tuple(levels_of(made) or ())) if axis.step else made


def best(plan: Plan, changes: Sequence[str], seed: int) -> float:
    """The lowest loss of the trials of a plan."""
    losses = []
    for number in range(plan.trials):
        arguments = plan.arguments(plan.searcher().propose(number))
        losses.append(measure("search", "loss", [*changes, *arguments], seed)[0])
    return min(loss for loss in losses if not isnan(loss))  # rates may be so large that it is NaN
