"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, scaled_and_decayed

_TINY_MOMENTUM = 1e-300
"""Replaces a momentum of 0, with which torch's kernel skips the history; Caffe updates it."""


@register
class SGD(UpdateRule):
    """``V = momentum * V + lr * g``, ``w = w - V``. History: V.

    V includes the learning rate, so that a change of it affects new gradients only. Source: Caffe's
    ``SGDSolver``; Bottou 2012, "Stochastic gradient descent tricks".
    """

    fused = True
    takes_rows = True
    keeps_steps = True
    nesterov: ClassVar[bool] = False

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        decay = 0.0
        if isinstance(step.rate, Tensor):  # the kernel takes the decay as a number
            step = scaled_and_decayed(group, gradients, step)
        else:
            decay = step.rate * step.decay
        scale: Tensor | None = None
        if group.is_wide:
            torch._foreach_mul_(gradients, step.rate)
        else:
            scale = group.reciprocal(step.scale * step.rate)
        # Caffe's rate is part of the gradients and the decay; torch's own rate is 1.
        torch._fused_sgd_(
            group.params,
            gradients,
            group.slots[0],
            weight_decay=decay,
            momentum=self.solver.momentum or _TINY_MOMENTUM,
            lr=1.0,
            dampening=0.0,
            nesterov=self.nesterov,
            maximize=False,
            is_first_step=False,
            grad_scale=scale,
            found_inf=None,
        )
