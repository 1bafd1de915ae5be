"""AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.optimizer.adam import Moments
from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step


@register
class AdamW(Moments):
    """``w = w - lr * (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + delta) + decay * w)`` with t from 1.

    m, v, b1 and b2 as in Adam. History: m of all params, then v. Source: Loshchilov and Hutter 2019,
    "Decoupled weight decay regularization", arXiv 1711.05101.
    """

    fused = True
    own_decay = True

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """One step of a group."""
        means, squares = group.slots
        torch._fused_adamw_(
            group.params,
            gradients,
            means,
            squares,
            [],
            self.counts(group, step.iteration),
            lr=step.rate,
            beta1=self.solver.momentum,
            beta2=self.solver.momentum2,
            weight_decay=step.decay,
            eps=self.solver.delta,
            amsgrad=False,
            maximize=False,
            grad_scale=None if step.is_scaled else group.reciprocal(step.scale),
            found_inf=None,
        )
