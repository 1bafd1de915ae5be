"""LBFGS: a limited-memory quasi-Newton method."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import Fault, SnapshotError
from layerzoo.optimizer.full_batch import FullBatchRule
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import UpdateParam, register
from layerzoo.schema import SolverParameter

_KNOWN, _VALUE, _LOSS, _PAIRS = range(4)
"""Indices into the last history blob."""


@register
class LBFGS(FullBatchRule):
    """Steps along ``-H g``; H approximates the inverse Hessian from the last ``lbfgs_param.memory`` steps.

    History: the steps; the changes of the gradient, newest last; the gradient at the current params; and four
    numbers: whether value and loss at the current params are known, value, loss, number of stored steps.
    Source: Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization".
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
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = super().faults(solver)
        if solver.lbfgs_param.memory < 1:
            faults.append(
                Fault("lbfgs_param.memory is 0; it has to be 1 or more", field="lbfgs_param.memory")
            )
        return faults

    def check_history(self, saved: Sequence[Tensor]) -> None:
        """Check that the `history` of a snapshot can be loaded.

        Raises:
            SnapshotError: it is of another rule or another net, or counts more steps than are stored.
        """
        super().check_history(saved)
        pairs = float(saved[-1].flatten()[_PAIRS])
        if not 0 <= pairs <= len(self._steps):  # NaN is not
            raise SnapshotError(f"the snapshot counts {pairs:g} steps; expected 0 to {len(self._steps)}")

    @property
    def remembered(self) -> int:
        """The number of stored steps."""
        return int(self._numbers[_PAIRS])

    def step(self, lr: float, iteration: int, closure: Objective) -> float:
        """Make one update and return the loss before it."""
        if not self._numbers[_KNOWN]:
            self._keep(*self.measure(closure))
        value, loss = float(self._numbers[_VALUE]), float(self._numbers[_LOSS])
        gradient, origin = self._gradient.clone(), self.parameters()
        point = None
        while point is None:
            direction = -self._newton(gradient)
            slope = float(gradient.dot(direction))
            if slope < 0:
                first = lr if self.remembered else lr * min(1.0, 1 / float(direction.abs().sum()))
                start = Point(0.0, value, slope, gradient, loss)
                point = self.search(closure, origin, direction, start, first)
            if point is None and not self.remembered:
                break
            if point is None:  # restart along the gradient
                self._numbers[_PAIRS] = 0
        self.stuck = point is None
        if point is not None:
            self._remember(self.moved(origin, point.step * direction), point.gradient - gradient)
            self._keep(point.value, point.loss, point.gradient)
        return loss

    def _newton(self, gradient: Tensor) -> Tensor:
        """H times the gradient, by the two-loop recursion: Nocedal and Wright 2006, algorithm 7.4."""
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
        """Store a step and its change of the gradient, unless the curvature along it is not positive."""
        if float(step.dot(change)) > 1e-10 * float(change.dot(change)):
            for rows, new in ((self._steps, step), (self._changes, change)):
                rows.copy_(rows.roll(-1, 0))
                rows[-1] = new
            self._numbers[_PAIRS] = min(self.remembered + 1, len(self._steps))

    def _keep(self, value: float, loss: float, gradient: Tensor) -> None:
        self._numbers[:_PAIRS] = torch.tensor([1.0, value, loss], dtype=torch.float64)
        self._gradient.copy_(gradient)
