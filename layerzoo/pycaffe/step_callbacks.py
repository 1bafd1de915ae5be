"""The observer that calls a program's functions in each iteration."""

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
        """Call the functions of `on_start`."""
        for call in self.on_start:
            call()

    def gradients_ready(self, iteration: int) -> None:
        """Call the functions of `on_gradients_ready`."""
        for call in self.on_gradients_ready:
            call()
