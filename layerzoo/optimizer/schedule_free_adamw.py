"""ScheduleFreeAdamW: AdamW without a schedule of the learning rate."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.rule import register
from layerzoo.optimizer.schedule_free import ScheduleFree
from layerzoo.optimizer.update_rule import Group, Step
from layerzoo.schema import SolverParameter


@register
class ScheduleFreeAdamW(ScheduleFree):
    """``z = z - lr * (g / (sqrt(v / (1 - b2^t)) + delta) + decay * y)``; x and y as in ScheduleFreeSGD.

    ``v = b2 * v + (1 - b2) * g^2``, b2 is ``momentum2``. History: z of all params, v of all; and two numbers,
    the sum of all weights and the largest learning rate. Source: Defazio et al. 2024, "The road less
    scheduled", arXiv 2405.15682.
    """

    slots: ClassVar[int] = 2
    own_decay = True

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = super().faults(solver)
        if not 0 <= solver.momentum2 < 1:
            message = f"momentum2 is {solver.momentum2:g}; {cls.type_name} needs it at least 0 and below 1"
            faults.append(Fault(message, field="momentum2"))
        return faults

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        squares, b2 = group.slots[1], self.solver.momentum2
        torch._foreach_mul_(squares, b2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - b2)
        divisors = torch._foreach_sqrt(squares)
        torch._foreach_div_(divisors, _root_correction(step.iteration, b2))
        torch._foreach_add_(divisors, self.solver.delta)
        torch._foreach_div_(gradients, divisors)
        if step.decay:
            torch._foreach_add_(gradients, group.params, alpha=step.decay)
        self.move(group, gradients, step.rate)


def _root_correction(iteration: int | Tensor, b2: float) -> float | Tensor:
    """What the roots of mean squares are divided by, as the means begin at 0."""
    if not isinstance(iteration, Tensor):
        return float((1 - b2 ** (iteration + 1)) ** 0.5)
    return (1 - torch.pow(b2, iteration + 1)).sqrt().float()
