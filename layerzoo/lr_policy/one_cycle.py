"""one_cycle: the learning rate rises once and then decays until the end of the run."""

from __future__ import annotations

from math import cos, pi

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, register
from layerzoo.schema import OneCycleParameter, SolverParameter


@register
class OneCyclePolicy(Policy):
    """From ``base_lr / start_divisor`` up to ``base_lr``, then down to ``base_lr / end_divisor``.

    Source: Smith and Topin 2018, "Super-convergence: very fast training of neural networks using large
    learning rates", arXiv 1708.07120.
    """

    needs = ("max_iter",)

    def __init__(self, solver: SolverParameter) -> None:
        super().__init__(solver)
        self.param = solver.one_cycle_param
        self.start = self.base_lr / self.param.start_divisor
        self.end = self.base_lr / self.param.end_divisor

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        param, faults = solver.one_cycle_param, super().faults(solver)
        if not 0 < param.rise < 1:
            message = f"one_cycle_param.rise is {param.rise:g}; it has to be between 0 and 1"
            faults.append(Fault(message, field="one_cycle_param.rise"))
        for field in ("start_divisor", "end_divisor"):
            value = getattr(param, field)
            if value <= 0:
                message = f"one_cycle_param.{field} is {value:g}; it has to be above 0"
                faults.append(Fault(message, field=f"one_cycle_param.{field}"))
        return faults

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        passed, rise = min(1.0, iteration / max(1, self.solver.max_iter)), self.param.rise
        if passed < rise:
            return self._between(self.start, self.base_lr, passed / rise)
        return self._between(self.base_lr, self.end, (passed - rise) / (1 - rise))

    def _between(self, start: float, end: float, share: float) -> float:
        if self.param.shape == OneCycleParameter.COSINE:
            share = (1 - cos(pi * share)) / 2
        return start + (end - start) * share
