"""Functions of a program that a solver calls in each iteration."""

from __future__ import annotations

from collections.abc import Callable

from layerzoo.engine import Observer


class StepCallbacks(Observer):
    """Calls a program's functions in each iteration.

    Attributes:
        on_start: called before the first pass.
        on_gradients_ready: called before the update.
    """

    def __init__(self) -> None:
        self.on_start: list[Callable[[], object]] = []
        self.on_gradients_ready: list[Callable[[], object]] = []

    def begin(self, iteration: int) -> None:
        """Call the one list."""
        for call in self.on_start:
            call()

    def gradients_ready(self, iteration: int) -> None:
        """Call the other."""
        for call in self.on_gradients_ready:
            call()
