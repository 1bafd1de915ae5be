"""The interface of observers of training."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from layerzoo.engine.runner.layerwise import Layerwise


class Observer:
    """Called by an engine during an iteration, in this order; each method does nothing by default."""

    def wants_layers(self, iteration: int) -> bool:
        """Whether the passes of an iteration must run layer by layer, inside `watch`."""
        return False

    def begin(self, iteration: int) -> None:
        """The passes of an iteration are about to run; the gradients are zero."""

    def watch(self, runner: Layerwise) -> AbstractContextManager[None]:
        """A block in which one pass runs layer by layer."""
        return nullcontext()

    def gradients_ready(self, iteration: int) -> None:
        """This process's gradients are complete; they may still be changed."""

    def before_update(self, iteration: int) -> None:
        """The gradients are final: averaged over all processes."""

    def ended(self, iteration: int) -> None:
        """The update has been made, or skipped."""
