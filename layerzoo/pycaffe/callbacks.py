"""Protocols of callback objects that nets and solvers accept besides plain functions."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class SolverCallback(Protocol):
    """An object called in each iteration of a solver, such as `NCCL`."""

    def on_start(self) -> None:
        """Called before the first pass."""

    def on_gradients_ready(self) -> None:
        """Called before the update."""


@runtime_checkable
class LayerCallback(Protocol):
    """An object called for each layer of a pass, such as `NCCL`."""

    def run(self, layer: int) -> None:
        """Called with the layer's index."""
