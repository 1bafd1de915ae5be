"""step: the learning rate drops at regular intervals."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, negative_gamma, register, scaled
from layerzoo.schema import SolverParameter


@register
class StepPolicy(Policy):
    """``base_lr * gamma ^ floor(iter / stepsize)``. Source: Caffe's ``SGDSolver::GetLearningRate``."""

    needs = ("gamma", "stepsize")

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        faults = [*super().faults(solver), *negative_gamma(solver)]
        if solver.HasField("stepsize") and solver.stepsize < 1:
            faults.append(Fault(f"stepsize is {solver.stepsize}; it has to be 1 or more", field="stepsize"))
        return faults

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return scaled(self.base_lr, self.solver.gamma, self.current_step(iteration))

    def current_step(self, iteration: int) -> int:
        """The number of steps taken so far."""
        return iteration // self.solver.stepsize
