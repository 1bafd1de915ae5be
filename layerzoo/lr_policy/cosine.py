"""cosine: the learning rate decays along half a cosine, once or with restarts."""

from __future__ import annotations

from math import cos, pi

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, register
from layerzoo.schema import SolverParameter


@register
class CosinePolicy(Policy):
    """``min_lr + (base_lr - min_lr) * (1 + cos(pi * t / T)) / 2`` at iteration t of a period of T iterations.

    Without ``cosine_param.period``, one period of ``max_iter`` iterations. Source: Loshchilov and Hutter
    2017, "SGDR: stochastic gradient descent with warm restarts", arXiv 1608.03983.
    """

    def __init__(self, solver: SolverParameter) -> None:
        super().__init__(solver)
        self.param = solver.cosine_param

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        param, faults = solver.cosine_param, super().faults(solver)
        if param.HasField("period") and param.period < 1:
            message = f"cosine_param.period is {param.period}; it has to be 1 or more"
            faults.append(Fault(message, field="cosine_param.period"))
        elif not param.HasField("period") and not solver.HasField("max_iter"):
            faults.append(
                Fault("lr_policy 'cosine' needs max_iter or cosine_param.period", field="lr_policy")
            )
        if param.period_mult < 1:
            message = f"cosine_param.period_mult is {param.period_mult:g}; it has to be 1 or more"
            faults.append(Fault(message, field="cosine_param.period_mult"))
        return faults

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        low = self.param.min_lr
        return low + (self.base_lr - low) * (1 + cos(pi * self._progress(iteration))) / 2

    def _progress(self, iteration: int) -> float:
        """The fraction of the current period that has passed, 0 to 1."""
        if not self.param.HasField("period"):
            return min(1.0, iteration / max(1, self.solver.max_iter))
        length = float(self.param.period)
        if self.param.period_mult == 1:
            return (iteration % length) / length
        while iteration >= length:
            iteration -= int(length)
            length = float(int(length * self.param.period_mult))
        return iteration / length
