"""NonlinearCG: nonlinear conjugate gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.optimizer.full_batch import Closure, FullBatchRule
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.rule import UpdateParam, register
from layerzoo.schema import NonlinearCGParameter, SolverParameter

_KNOWN, _VALUE, _LOSS, _STEP, _SLOPE, _AGE = range(6)
"""Places in the last history blob."""


@register
class NonlinearCG(FullBatchRule):
    """Steps along ``d' = -g' + beta * d``, beta by ``nonlinear_cg_param.beta``.

    History: the gradient where the params are; the direction of the coming step; and six numbers: whether the
    next two are known, value and loss there, length and slope of the last step, steps since it started along
    the gradient. Source: Nocedal and Wright 2006, "Numerical Optimization", chapter 5.
    """

    curvature = 0.1

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        self._gradient = torch.zeros_like(self._metric)
        self._direction = torch.zeros_like(self._metric)
        self._numbers = torch.zeros(6, dtype=torch.float64)
        self._history = [self._gradient, self._direction, self._numbers]

    def step(self, lr: float, iteration: int, closure: Closure) -> float:
        """Make one update; returns the loss before it."""
        numbers = self._numbers
        if not numbers[_KNOWN]:
            value, loss, gradient = self.measure(closure)
            self._keep(value, loss, gradient)
            self._restart()
        value, loss = float(numbers[_VALUE]), float(numbers[_LOSS])
        gradient, origin = self._gradient.clone(), self.parameters()
        found = None
        while found is None:
            direction = self._direction.clone()
            slope = float(gradient.dot(direction))
            if slope < 0:
                start = Point(0.0, value, slope, gradient, loss)
                found = self.search(closure, origin, direction, start, self._first(lr, slope))
            if found is None and not numbers[_AGE]:
                break
            if found is None:
                self._restart()
        self.stuck = found is None
        if found is not None:
            numbers[_STEP], numbers[_SLOPE] = found.step, slope
            self._keep(found.value, found.loss, found.gradient)
            self._turn(gradient, direction)
        return loss

    def _first(self, lr: float, slope: float) -> float:
        """The first length tried: the fall of the last step again (formula 3.60)."""
        if self._numbers[_AGE]:
            return float(self._numbers[_STEP] * self._numbers[_SLOPE]) / slope
        return lr * min(1.0, 1 / float(self._direction.abs().sum()))

    def _turn(self, before: Tensor, direction: Tensor) -> None:
        """The direction of the coming step, from the one just made and the gradient before it."""
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
        """The coming step goes along the gradient."""
        self._direction.copy_(-self.precondition(self._gradient))
        self._numbers[_AGE] = 0

    def _keep(self, value: float, loss: float, gradient: Tensor) -> None:
        self._numbers[:_STEP] = torch.tensor([1.0, value, loss], dtype=torch.float64)
        self._gradient.copy_(gradient)


def _ratio(above: Tensor, below: Tensor) -> float:
    return float(above / below) if below else 0.0
