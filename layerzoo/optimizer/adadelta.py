"""AdaDelta: steps scaled by the ratio of recent squared steps to recent squared gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, descend


@register
class AdaDelta(UpdateRule):
    """``w = w - lr * s`` with ``s = g * sqrt((u + delta) / (h + delta))``.

    Before it ``h = m * h + (1 - m) * g^2``, after it ``u = m * u + (1 - m) * s^2``; m is ``momentum``.
    History: h of all params, then u of all. Source: Caffe's ``AdaDeltaSolver``; Zeiler 2012, arXiv 1212.5701.
    """

    slots = 2
    takes_rows = True

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        (squares, updates), decay, delta = group.slots, self.solver.momentum, self.solver.delta
        torch._foreach_mul_(squares, decay)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - decay)
        steps = torch._foreach_add(updates, delta)
        torch._foreach_div_(steps, torch._foreach_add(squares, delta))
        torch._foreach_sqrt_(steps)
        torch._foreach_mul_(steps, gradients)
        torch._foreach_mul_(updates, decay)
        torch._foreach_addcmul_(updates, steps, steps, 1 - decay)
        descend(group.params, steps, step.rate)
