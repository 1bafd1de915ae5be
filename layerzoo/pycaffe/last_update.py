"""Store the last update in the params' diffs, where programs written for Caffe read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from layerzoo.engine import Observer


class LastUpdate(Observer):
    """Stores an update in the params' diffs, as Caffe's update rules do.

    Args:
        params: returns the learnable params.

    Attributes:
        wanted_at: the iteration whose update to store; other iterations cost nothing.
    """

    def __init__(self, params: Callable[[], Sequence[nn.Parameter]]) -> None:
        self.wanted_at = -1
        self._params = params
        self._before: list[Tensor] = []
        self._copied = False

    def before_update(self, iteration: int) -> None:
        """Copy the params before the update of iteration `wanted_at`."""
        if iteration != self.wanted_at or not (moved := self._moved()):
            return
        if [old.shape for old in self._before] != [param.shape for param in moved]:
            self._before = [torch.empty_like(param) for param in moved]  # reused: allocation is slow
        torch._foreach_copy_(self._before, moved)
        self._copied = True

    def leave(self) -> None:
        """Write the change of the params since `before_update` into their diffs, if they were copied."""
        moved = self._moved()
        if not self._copied or not moved:
            return
        self._copied = False
        diffs = [param.grad for param in self._params() if param.grad is not None]
        torch._foreach_copy_(diffs, self._before)
        torch._foreach_sub_(diffs, moved)

    def _moved(self) -> list[Tensor]:
        """Return the params that have a gradient."""
        return [param.detach() for param in self._params() if param.grad is not None]
