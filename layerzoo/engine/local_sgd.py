"""Local SGD: each process makes updates with its own gradients, and all weights are averaged now and then."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from layerzoo.engine.gradient_sync import GradientSync, Output
from layerzoo.engine.own_weights import OwnWeights
from layerzoo.net import Feed


class LocalSGD(GradientSync):
    """Gradients of each process of its own, and weights that are averaged every few iterations.

    History, such as momentum, isn't averaged. Losses are divided by the counts of the process. The first
    iterations average gradients instead, as another synchronisation does.

    Args:
        shared: synchronises the first iterations.
        own: the weights of each process.
        every: iterations from one average of the weights to the next.
        after: number of the first iterations.
    """

    def __init__(self, shared: GradientSync, own: OwnWeights, every: int, after: int = 0) -> None:
        super().__init__(shared.net, shared.ranks)
        self._shared, self._own, self._every, self._after = shared, own, every, after

    def zero(self) -> None:
        """Set all gradients to zero."""
        super().zero() if self._is_local else self._shared.zero()

    def forward(self, feed: Feed, last: bool = True) -> Output:
        """Run the net on a batch; see `GradientSync.forward`."""
        return super().forward(feed, last) if self._is_local else self._shared.forward(feed, last)

    def backward(self, loss: Tensor, seed: Tensor | None = None) -> None:
        """Add the gradients of a loss to ``param.grad``."""
        super().backward(loss, seed) if self._is_local else self._shared.backward(loss, seed)

    def finish(self, loss: Tensor) -> None:
        """Average the loss; where gradients of one process aren't finite, those of all aren't."""
        if not self._is_local:
            self._shared.finish(loss)
            return
        gradients = self.gradients()
        if not gradients:
            self.ranks.average([loss])
            return
        largest = torch.stack(torch._foreach_norm(gradients, math.inf)).max()
        poison = largest * 0  # NaN unless all are finite
        self.ranks.average([loss, poison])
        gradients[0].add_(poison)

    def updated(self, iteration: int) -> None:
        """Average the weights, if an interval ends with the update of an iteration."""
        if iteration < self._after:
            return
        self._own.alike = False
        if (iteration + 1 - self._after) % self._every == 0:
            self._own.average()

    def skipped(self) -> None:
        """Forget what was kept of gradients that are not finite."""
        self._shared.skipped()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """A block in which the params are the average of all processes."""
        with self._own.averaged():
            yield

    @contextmanager
    def joint(self) -> Iterator[None]:
        """A block of passes of all processes, which share nothing for gradients of their own."""
        if self._is_local:
            yield
        else:
            with super().joint():
                yield

    @property
    def _is_local(self) -> bool:
        """Whether this iteration's gradients aren't averaged."""
        return self.net.clock.iteration >= self._after
