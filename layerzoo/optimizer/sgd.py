"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule

_NEXT_TO_NOTHING = 1e-300
"""A momentum of 0 would make torch's kernel skip the history, which Caffe keeps all the same."""


@register
class SGD(UpdateRule):
    """``V = momentum * V + lr * g``, ``w = w - V``. History: V.

    The learning rate multiplies the step before momentum does, so a change of it acts on new gradients only.
    Source: Caffe's ``SGDSolver``; Bottou 2012, "Stochastic gradient descent tricks".
    """

    fused = True
    keeps_steps = True
    nesterov: ClassVar[bool] = False

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """One step of a group."""
        # torch's rule with a learning rate of 1, over gradients and decay that have Caffe's in them.
        torch._fused_sgd_(
            group.params,
            gradients,
            group.slots[0],
            weight_decay=step.rate * step.decay,
            momentum=self.solver.momentum or _NEXT_TO_NOTHING,
            lr=1.0,
            dampening=0.0,
            nesterov=self.nesterov,
            maximize=False,
            is_first_step=False,
            grad_scale=group.reciprocal(step.scale * step.rate),
            found_inf=None,
        )
