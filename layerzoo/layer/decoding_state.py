"""States that layers cache from step to step while a net is decoded (`layerzoo.net.decoding`)."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class DecodingState(Protocol):
    """What a layer keeps of the steps before."""

    def select(self, rows: Tensor) -> None:
        """Go on with some samples, in a new order; a sample may be taken several times."""


class StepCounter:
    """The number of steps so far.

    Attributes:
        steps: the number.
    """

    def __init__(self) -> None:
        self.steps = 0

    def advance(self, steps: int) -> int:
        """Count further steps; returns the number before them."""
        before, self.steps = self.steps, self.steps + steps
        return before

    def select(self, rows: Tensor) -> None:
        """Nothing: it is the same for all samples."""


class StateCache:
    """States of all samples after the last step.

    Args:
        axis: that of the samples in each.

    Attributes:
        states: they; empty before the first step.
    """

    def __init__(self, axis: int = 0) -> None:
        self.states: list[Tensor] = []
        self._axis = axis

    def select(self, rows: Tensor) -> None:
        """Go on with some samples, in a new order."""
        self.states = [state.index_select(self._axis, rows) for state in self.states]
