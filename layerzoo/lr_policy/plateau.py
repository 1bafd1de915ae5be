"""plateau: the learning rate falls when the score no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, register, scaled
from layerzoo.schema import SolverParameter


@register
class PlateauPolicy(Policy):
    """``max(min_lr, base_lr * gamma ^ k)`` after k times that the score stood still for ``patience`` tests.

    A score that is not a number counts as no improvement. Source: the usual practice, e.g. He et al. 2016,
    arXiv 1512.03385, section 3.4.
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
        """What is wrong with the fields that the policy reads."""
        found = super().faults(solver)
        if solver.HasField("gamma") and not 0 < solver.gamma < 1:
            message = f"gamma is {solver.gamma:g}; lr_policy 'plateau' needs it between 0 and 1"
            found.append(Fault(message, field="gamma"))
        if solver.plateau_param.patience < 1:
            message = f"plateau_param.patience is {solver.plateau_param.patience}; it has to be 1 or more"
            found.append(Fault(message, field="plateau_param.patience"))
        return found

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        return max(self.param.min_lr, scaled(self.base_lr, self.solver.gamma, self.falls))

    def current_step(self, iteration: int) -> int:
        """Falls so far."""
        return self.falls

    def observe(self, score: float, higher_is_better: bool) -> None:
        """Take note of a test's score; the rate falls when patience is at its end."""
        if self._improves(score, higher_is_better):
            self.best, self.standing_still = score, 0
        elif not self.cooling:
            self.standing_still += 1
        self.cooling = max(0, self.cooling - 1)
        if self.standing_still >= self.param.patience:
            self.falls += 1
            self.standing_still, self.cooling = 0, self.param.cooldown

    def state_dict(self) -> dict[str, Any]:
        """The best score and the counts."""
        return {
            "best": self.best,
            "standing_still": self.standing_still,
            "cooling": self.cooling,
            "falls": self.falls,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
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
