"""exp: the learning rate is multiplied by ``gamma`` every iteration."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, negative_gamma, register, scaled
from layerzoo.schema import SolverParameter


@register
class ExpPolicy(Policy):
    """``base_lr * gamma ^ iter``. Source: Caffe's ``SGDSolver::GetLearningRate``."""

    needs = ("gamma",)

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        return [*super().faults(solver), *negative_gamma(solver)]

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return scaled(self.base_lr, self.solver.gamma, iteration)
