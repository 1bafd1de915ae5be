"""Lion: steps of equal size in the direction of the sign of a mix of momentum and gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, descend


@register
class Lion(UpdateRule):
    """``w = w - lr * (sign(b1 * m + (1 - b1) * g) + decay * w)``, ``m = b2 * m + (1 - b2) * g``. History: m.

    b1 is ``momentum`` (0.9 in the paper), b2 ``momentum2`` (0.99). Source: Chen et al. 2023, "Symbolic
    discovery of optimization algorithms", arXiv 2302.06675.
    """

    own_decay = True
    takes_rows = True
    running_means = ("momentum", "momentum2")

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        (means,) = group.slots
        signs = torch._foreach_lerp(means, gradients, 1 - self.solver.momentum)
        torch._foreach_sign_(signs)
        torch._foreach_lerp_(means, gradients, 1 - self.solver.momentum2)
        if step.decay:
            torch._foreach_mul_(group.params, 1 - step.rate * step.decay)
        descend(group.params, signs, step.rate)
