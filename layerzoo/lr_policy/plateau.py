"""plateau: the learning rate drops when the test score, or the training loss, stops improving."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import isnan
from typing import Any

from layerzoo.errors import Fault
from layerzoo.lr_policy.policy import Policy, negative_gamma, register, scaled
from layerzoo.schema import SolverParameter
from layerzoo.state_fields import COUNT, NUMBER, Fields, optional

log = logging.getLogger("layerzoo")


@register
class PlateauPolicy(Policy):
    """``max(min_lr, base_lr * gamma ^ k)`` after k plateaus: ``patience`` tests in a row without improvement.

    A NaN score counts as no improvement. Source: common practice, e.g. He et al. 2016, arXiv 1512.03385,
    section 3.4.

    With ``plateau_winsize`` as in SSD's fork of Caffe: ``base_lr * gamma ^ k``, and the k-th drop comes once
    that many iterations have passed without a new minimum of the training loss and without a drop.
    """

    needs = ("gamma",)

    def __init__(self, solver: SolverParameter) -> None:
        super().__init__(solver)
        self.param = solver.plateau_param
        self.best: float | None = None
        self.standing_still = 0
        self.cooling = 0
        self.falls = 0
        self.windows = list(solver.plateau_winsize)
        self.follows_loss = bool(self.windows)
        self.least_loss: float | None = None
        self.last_event = 0

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the policy reads."""
        faults = super().faults(solver)
        if solver.plateau_winsize:
            return faults + _loss_faults(solver)
        if solver.HasField("gamma") and not 0 < solver.gamma < 1:
            message = f"gamma is {solver.gamma:g}; lr_policy 'plateau' needs it between 0 and 1"
            faults.append(Fault(message, field="gamma"))
        if solver.plateau_param.patience < 1:
            message = f"plateau_param.patience is {solver.plateau_param.patience}; it has to be 1 or more"
            faults.append(Fault(message, field="plateau_param.patience"))
        return faults

    def rate(self, iteration: int) -> float:
        """The learning rate of an iteration."""
        least = 0.0 if self.follows_loss else self.param.min_lr
        return max(least, scaled(self.base_lr, self.solver.gamma, self.falls))

    def current_step(self, iteration: int) -> int:
        """The number of plateaus so far."""
        return self.falls

    def observe(self, score: float, higher_is_better: bool) -> None:
        """Record a test score; drop the rate after ``patience`` tests without improvement."""
        if self.follows_loss:
            return
        if self._improves(score, higher_is_better):
            self.best, self.standing_still = score, 0
        elif not self.cooling:
            self.standing_still += 1
        self.cooling = max(0, self.cooling - 1)
        if self.standing_still >= self.param.patience:
            self.falls += 1
            self.standing_still, self.cooling = 0, self.param.cooldown

    def observe_loss(self, iteration: int, loss: float) -> None:
        """Record the averaged training loss of an iteration; drop the rate where a window has passed."""
        if not isnan(loss) and (self.least_loss is None or loss < self.least_loss):
            self.least_loss, self.last_event = loss, iteration
        left = self.falls < len(self.windows)
        if left and iteration >= self.last_event + self.windows[self.falls]:
            self.falls, self.last_event = self.falls + 1, iteration
            log.info("Plateau Status: Iteration %d, step = %d", iteration, self.falls)

    @property
    def fields(self) -> Fields:
        """The best score and the counters."""
        if self.follows_loss:
            return {"least_loss": optional(NUMBER), "last_event": COUNT, "falls": COUNT}
        return {"best": optional(NUMBER), "standing_still": COUNT, "cooling": COUNT, "falls": COUNT}

    def state_dict(self) -> dict[str, Any]:
        """The best score and the counters."""
        if self.follows_loss:
            return {"least_loss": self.least_loss, "last_event": self.last_event, "falls": self.falls}
        return {
            "best": self.best,
            "standing_still": self.standing_still,
            "cooling": self.cooling,
            "falls": self.falls,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state returned by `state_dict`."""
        if self.follows_loss:
            self.least_loss, self.last_event = state["least_loss"], state["last_event"]
            self.falls = state["falls"]
            return
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


def _loss_faults(solver: SolverParameter) -> list[Fault]:
    """Faults of a plateau that follows the training loss."""
    faults = negative_gamma(solver)
    if solver.HasField("plateau_param"):
        message = (
            "plateau_winsize (SSD's: the rate follows the training loss) and plateau_param (it follows the "
            "test score) exclude each other"
        )
        faults.append(Fault(message, field="plateau_param", hint="give one"))
    for index, window in enumerate(solver.plateau_winsize):
        if window < 1:
            message = f"plateau_winsize is {window}; it has to be 1 or more"
            faults.append(Fault(message, field=f"plateau_winsize[{index}]"))
    return faults
