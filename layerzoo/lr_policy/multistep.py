"""multistep: the learning rate drops at given iterations."""

from __future__ import annotations

from bisect import bisect_right

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, negative_gamma, register, scaled
from layerzoo.schema import SolverParameter


@register
class MultistepPolicy(Policy):
    """``base_lr * gamma ^ k`` where k is the number of ``stepvalue`` that have been reached.

    As in Caffe, at most one step is taken per iteration, in the order of the config. Source: Caffe's
    ``SGDSolver::GetLearningRate``.
    """

    needs = ("gamma", "stepvalue")

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        return [*super().faults(solver), *negative_gamma(solver)]

    def __init__(self, solver: SolverParameter) -> None:
        super().__init__(solver)
        self._taken_at: list[int] = []
        for value in solver.stepvalue:
            earliest = self._taken_at[-1] + 1 if self._taken_at else 0
            self._taken_at.append(max(value, earliest))

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return scaled(self.base_lr, self.solver.gamma, self.current_step(iteration))

    def current_step(self, iteration: int) -> int:
        """The number of ``stepvalue`` reached so far."""
        return bisect_right(self._taken_at, iteration)
