"""A plan with other steps, and when the plain one runs in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from layerzoo.layer import Layer
from layerzoo.net.plan import Plan, Step
from layerzoo.net.rewriting.chains import is_plain


class Rewritten(Plan):
    """A plan whose steps were rewritten.

    Args:
        plain: the plan that it replaces.
        steps: the steps.
        finish: called after them.

    Attributes:
        plain: the plan that runs while something looks on (hooks), or torch compiles.
    """

    def __init__(self, plain: Plan, steps: Sequence[Step], finish: Callable[[], None] | None = None) -> None:
        self.plain = plain
        self.kept, self.finish = plain.kept, finish
        self.steps = self.freeing(steps)
        self._watched: list[Layer] = [step.layer for step in plain.steps if is_plain(step.layer)]

    def ready(self) -> Plan:
        """The plan to run now: the plain one if a layer got a hook or another forward pass."""
        if torch.compiler.is_compiling() or not all(map(is_plain, self._watched)):
            return self.plain
        return self
