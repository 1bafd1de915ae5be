"""Bases of full-batch rules that remember value and gradient of the point they have reached."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from layerzoo.optimizer.full_batch import FullBatchRule
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import UpdateParam
from layerzoo.schema import SolverParameter

_KNOWN, _VALUE, _LOSS = range(3)
"""Indices into `Descent.numbers`."""


class Descent(FullBatchRule):
    """Base of rules that evaluate each point once.

    History: the gradient at the current params; and numbers: whether value and loss there are known, value,
    loss, then those of the rule.

    Attributes:
        own_numbers: how many numbers the rule adds.
        numbers: the numbers.
    """

    own_numbers = 0

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        self._gradient = torch.zeros_like(self._metric)
        self.numbers = torch.zeros(3 + self.own_numbers, dtype=torch.float64)
        self._history = [self._gradient, self.numbers]

    def here(self, closure: Objective) -> Point:
        """The current params as a point without a direction."""
        if not self.numbers[_KNOWN]:
            value, loss, gradient = self.measure(closure)
            self.arrive(Point(0.0, value, 0.0, gradient, loss))
        value, loss = float(self.numbers[_VALUE]), float(self.numbers[_LOSS])
        return Point(0.0, value, 0.0, self._gradient.clone(), loss)

    def arrive(self, point: Point) -> None:
        """Remember the point at which the params now are."""
        self.numbers[: _LOSS + 1] = torch.tensor([1.0, point.value, point.loss], dtype=torch.float64)
        self._gradient.copy_(point.gradient)

    def steepest(self, gradient: Tensor, lr: float) -> tuple[Tensor, float]:
        """The negative gradient, and a step along it that changes no param by more than the learning rate."""
        direction = -self.precondition(gradient)
        return direction, lr * min(1.0, 1 / max(float(direction.abs().sum()), 1e-300))


class Searching(Descent):
    """Base of rules that do a line search along a direction, and along the gradient where it fails."""

    @abstractmethod
    def directions(self, here: Point, lr: float, closure: Objective) -> Iterator[tuple[Tensor, float]]:
        """Directions to try, the best first, each with the first step along it.

        Args:
            here: the current params, which are still in place when a later direction is asked for.
            lr: the learning rate.
            closure: the loss at the current params.
        """

    def learn(self, moved: Tensor, before: Point, after: Point) -> None:
        """Take note of a step; does nothing here.

        Args:
            moved: how far the params moved.
            before, after: where the step began and ended; the step and the slopes are along its direction.
        """

    def step(self, lr: float, iteration: int, closure: Objective) -> float:
        """Make one update and return the loss before it."""
        here, origin = self.here(closure), self.parameters()
        self.stuck = True
        for direction, first in self.directions(here, lr, closure):
            slope = float(here.gradient.dot(direction))
            if not slope < 0:
                continue
            start = Point(0.0, here.value, slope, here.gradient, here.loss)
            point = self.search(closure, origin, direction, start, first)
            if point is not None:
                self.stuck = False
                self.learn(self.moved(origin, point.step * direction), start, point)
                self.arrive(point)
                break
        return here.loss
