"""AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.optimizer.adam import Moments
from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step


@register
class AdamW(Moments):
    """``w = w - lr * (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + delta) + decay * w)``, t counts from 1.

    m, v, b1 and b2 as in Adam. History: m of all params, then v of all. Source: Loshchilov and Hutter 2019,
    "Decoupled weight decay regularization", arXiv 1711.05101.
    """

    fused = True
    own_decay = True
    takes_rows = True

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        self.run(torch._fused_adamw_, group, gradients, step, self.solver.delta)
