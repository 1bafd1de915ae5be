"""LARS: SGD with step lengths proportional to each param's norm."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule


@register
class LARS(UpdateRule):
    """``V = momentum * V + lr * ratio * (g + decay * w)``, ``w = w - V``. History: V.

    ``ratio = trust_coefficient * |w| / (|g| + decay * |w|)``, or 1 if numerator or denominator is 0. Source:
    You, Gitman and Ginsburg 2017, "Large batch training of convolutional networks", arXiv 1708.03888.
    """

    own_decay = True
    takes_rows = True
    keeps_steps = True

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        (history,), trust = group.slots, self.solver.lars_param.trust_coefficient
        norms = self.norms(group.params)
        divisors = self.norms(gradients) + step.decay * norms
        ratios = torch.where((norms > 0) & (divisors > 0), trust * norms / divisors, 1.0) * step.rate
        if step.decay:
            torch._foreach_add_(gradients, group.params, alpha=step.decay)
        torch._foreach_mul_(gradients, list(ratios.unbind()))
        torch._foreach_mul_(history, self.solver.momentum)
        torch._foreach_add_(history, gradients)
        torch._foreach_sub_(group.params, history)
