"""How much of the differences between trials an axis explains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isqrt
from typing import Final

from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import Trial

_MAX_GROUPS: Final = 6
"""Groups of about equal size into which the values of a range are put."""


def importance(trials: Iterable[Trial], axes: Sequence[Axis]) -> dict[str, float]:
    """The share of the variance that each axis explains alone, from 0 to 1, by path.

    Scores are compared by rank, so that one diverged trial doesn't decide. Trials are grouped by the value of
    an axis; the share is that of the variance between groups, corrected for their number (epsilon squared),
    so it is about 0 for an axis without effect. What axes do only together is not in it. An axis with too few
    trials is left out.
    """
    done = [trial for trial in trials if trial.state == "done" and trial.value is not None]
    ranks = _ranks([trial.value or 0.0 for trial in done])
    shares = {}
    for axis in axes:
        groups = _groups(axis, [trial.values.get(axis.path, "") for trial in done])
        share = _explained(ranks, groups)
        if share is not None:
            shares[axis.path] = share
    return shares


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for index in order[begin:end]:
            ranks[index] = (begin + end - 1) / 2
        begin = end
    return ranks


def _groups(axis: Axis, texts: Sequence[str]) -> list[int]:
    """The group of each trial: its value, or for a range without steps the place of its value among all."""
    if axis.levels:
        return [axis.levels.index(text) if text in axis.levels else -1 for text in texts]
    ranks = _ranks([float(text) for text in texts])
    count = min(_MAX_GROUPS, max(2, isqrt(len(texts))))
    return [int(rank * count / len(texts)) for rank in ranks]


def _explained(ranks: Sequence[float], groups: Sequence[int]) -> float | None:
    """Epsilon squared of ranks in groups; None if they are too few, or all equal."""
    members: dict[int, list[float]] = {}
    for rank, group in zip(ranks, groups, strict=True):
        members.setdefault(group, []).append(rank)
    count, within = len(ranks), sum(map(_scatter, members.values()))
    total = _scatter(ranks) if ranks else 0.0
    if len(members) < 2 or count - len(members) < 2 or not total:
        return None
    return max(0.0, 1 - within / (count - len(members)) / (total / (count - 1)))


def _scatter(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)
