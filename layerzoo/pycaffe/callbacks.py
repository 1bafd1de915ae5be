"""What a program may hand to a net or a solver to be called, beside plain functions."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class SolverCallback(Protocol):
    """Called in each iteration of a solver, as `NCCL` is."""

    def on_start(self) -> None:
        """Called before the first pass."""

    def on_gradients_ready(self) -> None:
        """Called before the update."""


@runtime_checkable
class LayerCallback(Protocol):
    """Called for each layer of a pass, as `NCCL` is."""

    def run(self, layer: int) -> None:
        """Called with the layer's index."""
