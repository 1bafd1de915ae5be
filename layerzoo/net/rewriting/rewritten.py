"""A plan with other steps, and when the plain one runs in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from layerzoo.layer import compute_type
from layerzoo.net.rewriting.chains import is_typed
from layerzoo.plan import Plan, Step


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
        watched = [step.layer for step in plain.steps if is_typed(step.layer)]
        self._watched = [(layer, compute_type(layer)) for layer in watched]

    def ready(self) -> Plan:
        """The plan to run now: the plain one if a layer got a hook or another forward pass."""
        unchanged = not torch.compiler.is_compiling() and all(
            is_typed(layer) and compute_type(layer) == kind for layer, kind in self._watched
        )
        return self if unchanged else self.plain
