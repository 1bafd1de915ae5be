"""ScheduleFreeSGD: stochastic gradient descent without a schedule of the learning rate."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from layerzoo.optimizer.rule import register
from layerzoo.optimizer.schedule_free import ScheduleFree
from layerzoo.optimizer.update_rule import Group, Step


@register
class ScheduleFreeSGD(ScheduleFree):
    """``z = z - lr * g``, ``x = (1 - c) x + c z``, ``y = (1 - b) z + b x``; the gradient g is that of y.

    The params are y, b is ``momentum``; tests and publishing use x. c is ``w / (sum of all w)`` with
    ``w = (largest lr)^lr_power * t^power``, t counts updates from 1. Weight decay is added to g. History: z
    of all params; and two numbers, the sum of all w and the largest learning rate. Source: Defazio et al.
    2024, "The road less scheduled", arXiv 2405.15682.
    """

    slots: ClassVar[int] = 1

    def update(self, group: Group, gradients: list[Tensor], step: Step) -> None:
        """Update the params of a group."""
        self.move(group, gradients, step.rate)
