"""inv: the learning rate decays as a power of the iteration."""

from __future__ import annotations

from math import nan

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, register, scaled
from layerzoo.schema import SolverParameter


@register
class InvPolicy(Policy):
    """``base_lr * (1 + gamma * iter) ^ -power``. Source: Caffe's ``SGDSolver::GetLearningRate``."""

    needs = ("gamma", "power")

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        faults = super().faults(solver)
        if solver.gamma < 0 and 1 + solver.gamma * solver.max_iter <= 0:
            message = (
                f"gamma is {solver.gamma:g}: 1 + gamma * iter falls to 0 before max_iter {solver.max_iter}"
            )
            faults.append(Fault(message, field="gamma"))
        return faults

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        base = 1 + self.solver.gamma * iteration
        return scaled(self.base_lr, base, -self.solver.power) if base > 0 else nan
