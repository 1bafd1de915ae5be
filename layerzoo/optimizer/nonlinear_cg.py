"""NonlinearCG: the nonlinear conjugate gradient method."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.optimizer.full_batch import FullBatchRule
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import UpdateParam, register
from layerzoo.schema import NonlinearCGParameter, SolverParameter

_KNOWN, _VALUE, _LOSS, _STEP, _SLOPE, _AGE = range(6)
"""Indices into the last history blob."""


@register
class NonlinearCG(FullBatchRule):
    """Steps along ``d' = -g' + beta * d``, beta by the formula ``nonlinear_cg_param.beta``.

    History: the gradient at the current params; the direction of the next step; and six numbers: whether
    value and loss at the current params are known, value, loss, length and slope of the last step, steps
    since the last restart. Source: Nocedal and Wright 2006, "Numerical Optimization", chapter 5.
    """

    curvature = 0.1

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        self._gradient = torch.zeros_like(self._metric)
        self._direction = torch.zeros_like(self._metric)
        self._numbers = torch.zeros(6, dtype=torch.float64)
        self._history = [self._gradient, self._direction, self._numbers]

    def step(self, lr: float, iteration: int, closure: Objective) -> float:
        """Make one update and return the loss before it."""
        numbers = self._numbers
        if not numbers[_KNOWN]:
            value, loss, gradient = self.measure(closure)
            self._keep(value, loss, gradient)
            self._restart()
        value, loss = float(numbers[_VALUE]), float(numbers[_LOSS])
        gradient, origin = self._gradient.clone(), self.parameters()
        point = None
        while point is None:
            direction = self._direction.clone()
            slope = float(gradient.dot(direction))
            if slope < 0:
                start = Point(0.0, value, slope, gradient, loss)
                point = self.search(closure, origin, direction, start, self._first(lr, slope))
            if point is None and not numbers[_AGE]:
                break
            if point is None:
                self._restart()
        self.stuck = point is None
        if point is not None:
            numbers[_STEP], numbers[_SLOPE] = point.step, slope
            self._keep(point.value, point.loss, point.gradient)
            self._turn(gradient, direction)
        return loss

    def _first(self, lr: float, slope: float) -> float:
        """The first step length to try, which predicts the decrease of the last step (formula 3.60)."""
        if self._numbers[_AGE]:
            return float(self._numbers[_STEP] * self._numbers[_SLOPE]) / slope
        return lr * min(1.0, 1 / float(self._direction.abs().sum()))

    def _turn(self, before: Tensor, direction: Tensor) -> None:
        """Compute the direction of the next step from the last direction and the gradient before it."""
        param, after = self.solver.nonlinear_cg_param, self._gradient
        if param.restart and self._numbers[_AGE] + 1 >= param.restart:
            self._restart()
            return
        descent, change = self.precondition(after), after - before
        if param.beta == NonlinearCGParameter.FLETCHER_REEVES:
            beta = _ratio(after.dot(descent), before.dot(self.precondition(before)))
        elif param.beta == NonlinearCGParameter.HESTENES_STIEFEL:
            beta = max(0.0, _ratio(change.dot(descent), direction.dot(change)))
        elif param.beta == NonlinearCGParameter.DAI_YUAN:
            beta = _ratio(after.dot(descent), direction.dot(change))
        else:
            beta = max(0.0, _ratio(change.dot(descent), before.dot(self.precondition(before))))
        self._direction.copy_(beta * direction - descent)
        self._numbers[_AGE] += 1

    def _restart(self) -> None:
        """Set the direction of the next step to the negative gradient."""
        self._direction.copy_(-self.precondition(self._gradient))
        self._numbers[_AGE] = 0

    def _keep(self, value: float, loss: float, gradient: Tensor) -> None:
        self._numbers[:_STEP] = torch.tensor([1.0, value, loss], dtype=torch.float64)
        self._gradient.copy_(gradient)


def _ratio(numerator: Tensor, denominator: Tensor) -> float:
    return float(numerator / denominator) if denominator else 0.0
