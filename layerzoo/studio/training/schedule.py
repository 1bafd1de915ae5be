"""The learning rate of each iteration, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Final

from layerzoo.lr_policy import check_policy, make_policy
from layerzoo.schema import SolverParameter

POINTS: Final = 400
_EPOCH: Final = 100
"""Iterations that an epoch is drawn with while the data's size isn't known."""


@dataclass
class Schedule:
    """The learning rate over the iterations.

    Attributes:
        x: iterations.
        y: learning rates.
        note: what the curve can't show; empty if it shows all.
    """

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    note: str = ""


def schedule(solver: SolverParameter, per_epoch: float = 0.0) -> Schedule:
    """The schedule of a solver; an empty one if it has faults.

    Args:
        solver: its message, which isn't changed.
        per_epoch: iterations of an epoch; 0 if that isn't known.
    """
    drawn = SolverParameter()
    drawn.CopyFrom(solver)
    notes = []
    if drawn.max_epoch:
        if not per_epoch:
            notes.append(f"drawn with {_EPOCH} iterations in an epoch; Check tells how many there are")
        length = max(1, round(drawn.max_epoch * (per_epoch or _EPOCH)))
        drawn.max_iter = min(drawn.max_iter, length) if drawn.max_iter else length
    if not drawn.max_iter or check_policy(drawn):
        return Schedule(note="" if drawn.max_iter else "it ends after a number of epochs or iterations")
    if drawn.lr_policy == "plateau":
        notes.append("it falls where tests no longer improve, which can't be known before")
    policy, last = make_policy(drawn), drawn.max_iter - 1
    x = sorted({round(index * last / (POINTS - 1)) for index in range(POINTS)})
    points = [(float(at), policy.rate(at)) for at in x]
    points = [(at, rate) for at, rate in points if isfinite(rate)]
    return Schedule([at for at, _ in points], [rate for _, rate in points], "; ".join(notes))
