"""Plans of a solver's updates: which params each moves, by which losses and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from layerzoo.graph import Graph
from layerzoo.schema import SolverParameter, UpdateParameter

OTHERS: Final = "others"
"""The name of the group of params that no update without losses names."""
SETTINGS: Final = (
    "type",
    "momentum",
    "momentum2",
    "rms_decay",
    "delta",
    "weight_decay",
    "decoupled_weight_decay",
    "regularization_type",
    "clip_gradients",
    "clip_weights",
)
"""Fields of the solver that an update may set for its own params."""


@dataclass(frozen=True)
class UpdatePlan:
    """One update, as the config says it.

    Attributes:
        name: its name.
        settings: the solver's message with the update's settings in place of its own.
        params: indices into ``Graph.params`` of the training net, those that it moves.
        base_lr: its own ``base_lr``; None follows the solver's.
        lr_mult: the factor on the learning rate.
        losses: weight of each loss that it minimises, by the index of the blob in its net; empty for a group
            of params that shares the net's pass and loss.
        layers: indices of the layers that its passes run, in its net; without losses empty.
        times: steps in an iteration.
        every: it is made in iterations that this divides.
        graph: the graph of its net; None is the training net.
    """

    name: str
    settings: SolverParameter
    params: Sequence[int]
    base_lr: float | None = None
    lr_mult: float = 1.0
    losses: Mapping[int, float] = field(default_factory=dict)
    layers: frozenset[int] = frozenset()
    times: int = 1
    every: int = 1
    graph: Graph | None = None

    def is_due(self, iteration: int) -> bool:
        """Whether an iteration makes this update."""
        return iteration % self.every == 0

    def first_step(self, iteration: int) -> int:
        """The number of the update's own first step in an iteration that makes it, from 0."""
        return iteration // self.every * self.times


def settings_of(solver: SolverParameter, update: UpdateParameter) -> SolverParameter:
    """The solver's message with an update's settings in place of its own."""
    settings = SolverParameter()
    settings.CopyFrom(solver)
    del settings.update[:]
    for name in SETTINGS:
        if update.HasField(name):
            setattr(settings, name, getattr(update, name))
    if update.HasField("type"):
        settings.ClearField("solver_type")
    return settings


def passes_of_iteration(solver: SolverParameter) -> int:
    """The number of batches that an iteration takes."""
    times = max((update.times for update in solver.update), default=1)
    return max(1, solver.iter_size) * max(1, times)
