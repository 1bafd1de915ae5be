"""BFGS: a quasi-Newton method with the whole inverse Hessian."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.descent import Searching
from layerzoo.optimizer.full_batch import matrix_faults
from layerzoo.optimizer.line_search import Point
from layerzoo.optimizer.objective import Objective
from layerzoo.optimizer.rule import Moving, UpdateParam, register
from layerzoo.schema import SolverParameter

_UPDATES = 3
"""Index into the numbers."""


@register
class BFGS(Searching):
    """Steps along ``-H g``; H approximates the inverse Hessian from all steps.

    ``H = (I - r s y') H (I - r y s') + r s s'`` with the step s, the change y of the gradient, ``r = 1 /
    s'y``; the first H is the diagonal of the params' ``lr_mult``, scaled by the first step. History: the
    gradient at the current params; four numbers: whether value and loss there are known, value, loss, number
    of updates of H; and H. Source: Nocedal and Wright 2006, "Numerical Optimization", formulas 6.17 and 6.20.
    """

    own_numbers = 1

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        count = len(self._metric)
        self._inverse = self._metric.new_zeros(count, count)
        self._history.append(self._inverse)

    @classmethod
    def net_faults(cls, solver: SolverParameter, moving: Sequence[Moving]) -> list[Fault]:
        """A fault if the inverse Hessian would be too large."""
        return matrix_faults(cls, moving, solver.bfgs_param.max_params, "bfgs_param.max_params", "LBFGS")

    @property
    def updates(self) -> int:
        """How often H was updated since it was a diagonal."""
        return int(self.numbers[_UPDATES])

    def directions(self, here: Point, lr: float, closure: Objective) -> Iterator[tuple[Tensor, float]]:
        """``-H g``, then the negative gradient, with which H begins anew."""
        if self.updates:
            yield -(self._inverse @ here.gradient), lr
            self.numbers[_UPDATES] = 0
        yield self.steepest(here.gradient, lr)

    def learn(self, moved: Tensor, before: Point, after: Point) -> None:
        """Update H, unless the curvature along the step is not positive."""
        change = after.gradient - before.gradient
        along = float(moved.dot(change))
        if not along > 1e-10 * float(change.dot(change)):
            return
        inverse = self._inverse
        if not self.updates:
            scale = along / float(change.dot(self.precondition(change)))
            inverse.copy_(torch.diag(scale * self._metric))
        turned = inverse @ change
        inverse -= (torch.outer(turned, moved) + torch.outer(moved, turned)) / along
        inverse += torch.outer(moved, moved) * ((1 + float(change.dot(turned)) / along) / along)
        self.numbers[_UPDATES] += 1
