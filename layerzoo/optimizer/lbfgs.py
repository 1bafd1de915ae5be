"""LBFGS: a quasi-Newton method with a limited memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.full_batch import Closure, FullBatchRule
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.rule import UpdateParam, register
from layerzoo.schema import SolverParameter

_KNOWN, _VALUE, _LOSS, _PAIRS = range(4)
"""Places in the last history blob."""


@register
class LBFGS(FullBatchRule):
    """Steps along ``-H g``, H built from the last ``lbfgs_param.memory`` steps and changes of the gradient.

    History: the steps and the changes, the newest last; the gradient where the params are; and four numbers:
    whether the next two are known, value and loss there, how many steps are remembered. Source: Liu and
    Nocedal 1989, "On the limited memory BFGS method for large scale optimization".
    """

    curvature = 0.9

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        like = self._metric
        self._steps = like.new_zeros(solver.lbfgs_param.memory, len(like))
        self._changes = torch.zeros_like(self._steps)
        self._gradient = torch.zeros_like(like)
        self._numbers = torch.zeros(4, dtype=torch.float64)
        self._history = [self._steps, self._changes, self._gradient, self._numbers]

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """What is wrong with the fields that the rule reads; each fault names its field."""
        found = super().faults(solver)
        if solver.lbfgs_param.memory < 1:
            found.append(Fault("lbfgs_param.memory is 0; it has to be 1 or more", field="lbfgs_param.memory"))
        return found

    @property
    def remembered(self) -> int:
        """How many steps the direction is built from."""
        return int(self._numbers[_PAIRS])

    def step(self, lr: float, iteration: int, closure: Closure) -> float:
        """Make one update; returns the loss before it."""
        if not self._numbers[_KNOWN]:
            self._keep(*self.measure(closure))
        value, loss = float(self._numbers[_VALUE]), float(self._numbers[_LOSS])
        gradient, origin = self._gradient.clone(), self.parameters()
        found = None
        while found is None:
            direction = -self._newton(gradient)
            slope = float(gradient.dot(direction))
            if slope < 0:
                first = lr if self.remembered else lr * min(1.0, 1 / float(direction.abs().sum()))
                start = Point(0.0, value, slope, gradient, loss)
                found = self.search(closure, origin, direction, start, first)
            if found is None and not self.remembered:
                break
            if found is None:  # start again along the gradient
                self._numbers[_PAIRS] = 0
        self.stuck = found is None
        if found is not None:
            self._remember(found.step * direction, found.gradient - gradient)
            self._keep(found.value, found.loss, found.gradient)
        return loss

    def _newton(self, gradient: Tensor) -> Tensor:
        """H times the gradient, by the two loops of Nocedal and Wright 2006, algorithm 7.4."""
        count, memory = self.remembered, len(self._steps)
        if not count:
            return self.precondition(gradient)
        steps, changes = self._steps[memory - count :], self._changes[memory - count :]
        curvatures = (steps * changes).sum(1)
        shares = []
        q = gradient.clone()
        for i in reversed(range(count)):
            share = steps[i].dot(q) / curvatures[i]
            q -= share * changes[i]
            shares.append(share)
        scale = curvatures[-1] / changes[-1].dot(self.precondition(changes[-1]))
        r = self.precondition(q) * scale
        for i, share in zip(range(count), reversed(shares), strict=True):
            r += (share - changes[i].dot(r) / curvatures[i]) * steps[i]
        return r

    def _remember(self, step: Tensor, change: Tensor) -> None:
        """Take in a step, unless the loss bends the wrong way along it."""
        if float(step.dot(change)) > 1e-10 * float(change.dot(change)):
            for kept, new in ((self._steps, step), (self._changes, change)):
                kept.copy_(kept.roll(-1, 0))
                kept[-1] = new
            self._numbers[_PAIRS] = min(self.remembered + 1, len(self._steps))

    def _keep(self, value: float, loss: float, gradient: Tensor) -> None:
        self._numbers[:_PAIRS] = torch.tensor([1.0, value, loss], dtype=torch.float64)
        self._gradient.copy_(gradient)
