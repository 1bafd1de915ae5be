"""plateau: the learning rate drops when the test score stops improving."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, register, scaled
from layerzoo.schema import SolverParameter
from layerzoo.state_fields import COUNT, NUMBER, Fields, optional


@register
class PlateauPolicy(Policy):
    """``max(min_lr, base_lr * gamma ^ k)`` after k plateaus: ``patience`` tests in a row without improvement.

    A NaN score counts as no improvement. Source: common practice, e.g. He et al. 2016, arXiv 1512.03385,
    section 3.4.
    """

    needs = ("gamma",)

    def __init__(self, solver: SolverParameter) -> None:
        super().__init__(solver)
        self.param = solver.plateau_param
        self.best: float | None = None
        self.standing_still = 0
        self.cooling = 0
        self.falls = 0

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        faults = super().faults(solver)
        if solver.HasField("gamma") and not 0 < solver.gamma < 1:
            message = f"gamma is {solver.gamma:g}; lr_policy 'plateau' needs it between 0 and 1"
            faults.append(Fault(message, field="gamma"))
        if solver.plateau_param.patience < 1:
            message = f"plateau_param.patience is {solver.plateau_param.patience}; it has to be 1 or more"
            faults.append(Fault(message, field="plateau_param.patience"))
        return faults

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return max(self.param.min_lr, scaled(self.base_lr, self.solver.gamma, self.falls))

    def current_step(self, iteration: int) -> int:
        """The number of plateaus so far."""
        return self.falls

    def observe(self, score: float, higher_is_better: bool) -> None:
        """Record a test score; drop the rate after ``patience`` tests without improvement."""
        if self._improves(score, higher_is_better):
            self.best, self.standing_still = score, 0
        elif not self.cooling:
            self.standing_still += 1
        self.cooling = max(0, self.cooling - 1)
        if self.standing_still >= self.param.patience:
            self.falls += 1
            self.standing_still, self.cooling = 0, self.param.cooldown

    @property
    def fields(self) -> Fields:
        """The best score and the counters."""
        return {"best": optional(NUMBER), "standing_still": COUNT, "cooling": COUNT, "falls": COUNT}

    def state_dict(self) -> dict[str, Any]:
        """The best score and the counters."""
        return {
            "best": self.best,
            "standing_still": self.standing_still,
            "cooling": self.cooling,
            "falls": self.falls,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state returned by `state_dict`."""
        self.best = state["best"]
        self.standing_still, self.cooling = state["standing_still"], state["cooling"]
        self.falls = state["falls"]

    def _improves(self, score: float, higher_is_better: bool) -> bool:
        if isnan(score):
            return False
        if self.best is None:
            return True
        gain = score - self.best if higher_is_better else self.best - score
        return gain > self.param.threshold * abs(self.best)
