"""What an update has taken off the params, for a program that looks at their diffs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from layerzoo.engine import Observer


class LastUpdate(Observer):
    """Leaves an update in the params' diffs, as Caffe's update rules do.

    Args:
        params: gives the params that learn.

    Attributes:
        wanted_at: the iteration whose update a program will look at; others cost nothing.
    """

    def __init__(self, params: Callable[[], Sequence[nn.Parameter]]) -> None:
        self.wanted_at = -1
        self._params = params
        self._before: list[Tensor] = []
        self._kept = False

    def before_update(self, iteration: int) -> None:
        """Keep the params before the update of an iteration, if that one is wanted."""
        if iteration != self.wanted_at or not (moved := self._moved()):
            return
        if [old.shape for old in self._before] != [param.shape for param in moved]:
            self._before = [torch.empty_like(param) for param in moved]  # used again: new memory is slow
        torch._foreach_copy_(self._before, moved)
        self._kept = True

    def leave(self) -> None:
        """Write what was taken off the params since `before_update` into their diffs; nothing without it."""
        moved = self._moved()
        if not self._kept or not moved:
            return
        self._kept = False
        diffs = [param.grad for param in self._params() if param.grad is not None]
        torch._foreach_copy_(diffs, self._before)
        torch._foreach_sub_(diffs, moved)

    def _moved(self) -> list[Tensor]:
        """The params that have a gradient."""
        return [param.detach() for param in self._params() if param.grad is not None]
