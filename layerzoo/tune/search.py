"""Searches without a dependency: a grid, one axis at a time, and random values."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Protocol

from layerzoo.seeds import stable_seed
from layerzoo.tune.axes import Axis, grid_levels
from layerzoo.tune.journal import Trial

Values = dict[str, str]
"""The value of each axis, by path."""


class Search(Protocol):
    """Proposes the values of trials."""

    def propose(self, number: int, trials: Sequence[Trial] = ()) -> Values:
        """The values of a trial.

        Args:
            number: number of the trial, from 0.
            trials: the trials so far, running ones included.
        """
        ...


class GridSearch:
    """All combinations; the values of the last axis change fastest."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = [(axis.path, grid_levels(axis) or ()) for axis in axes]

    @property
    def size(self) -> int:
        """The number of combinations."""
        return prod(len(levels) for _, levels in self._axes)

    def propose(self, number: int, trials: Sequence[Trial] = ()) -> Values:
        """The combination of a number."""
        chosen = []
        for path, levels in reversed(self._axes):
            number, index = divmod(number, len(levels))
            chosen.append((path, levels[index]))
        return dict(reversed(chosen))


class OneAtATime:
    """The first value of all axes; then, one axis after the other, its further values beside those.

    The axis that differs comes last, so that its settings hold where a first value of another sets them too.
    """

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._axes = [(axis.path, grid_levels(axis) or ()) for axis in axes]

    @property
    def size(self) -> int:
        """The number of trials."""
        return 1 + sum(len(levels) - 1 for _, levels in self._axes)

    def propose(self, number: int, trials: Sequence[Trial] = ()) -> Values:
        """The values of a number."""
        values = {path: levels[0] for path, levels in self._axes}
        for path, levels in self._axes:
            if 0 < number < len(levels):
                del values[path]
                values[path] = levels[number]
            number -= len(levels) - 1 if number >= len(levels) else number
        return values


class RandomSearch:
    """Random values, which depend only on the seed, the number of the trial and the axis."""

    def __init__(self, axes: Sequence[Axis], seed: int) -> None:
        self._axes, self._seed = axes, seed

    def propose(self, number: int, trials: Sequence[Trial] = ()) -> Values:
        """The values of a number; those of an axis don't depend on the other axes."""
        return {
            axis.path: axis.at((stable_seed("tune", self._seed, number, axis.path) >> 10) / 2**53)
            for axis in self._axes
        }
