"""RMSProp: steps divided by the root of a running mean of squared gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.rule import register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, descend
from layerzoo.schema import SolverParameter


@register
class RMSProp(UpdateRule):
    """``h = rms_decay * h + (1 - rms_decay) * g^2``, ``w = w - lr * g / (sqrt(h) + delta)``. History: h.

    Source: Caffe's ``RMSPropSolver``; Tieleman and Hinton 2012, Coursera lecture 6.5.
    """

    has_momentum = False
    takes_rows = True

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = super().faults(solver)
        if not 0 <= solver.rms_decay < 1:
            message = f"rms_decay is {solver.rms_decay:g}; it has to be at least 0 and below 1"
            faults.append(Fault(message, field="rms_decay"))
        return faults

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        (squares,), decay = group.slots, self.solver.rms_decay
        torch._foreach_mul_(squares, decay)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - decay)
        divisors = torch._foreach_sqrt(squares)
        torch._foreach_add_(divisors, self.solver.delta)
        descend(group.params, gradients, step.rate, divisors)
