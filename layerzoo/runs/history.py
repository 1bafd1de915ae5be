"""The history of a run: its displays and tests as rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import nan


@dataclass
class Row:
    """One display of the training net, or one test of a test net.

    Attributes:
        iteration: updates made before it.
        net: index of the test net; None for the training net.
        seconds: time since the run was first started.
        outputs: values of the net's outputs by name.
        loss: smoothed loss of the training net, or weighted sum of the losses of a test net. NaN if missing,
            like ``lr`` and ``epoch``.
        lr: learning rate.
        epoch: number of passes through the training data made before it.
        section: index of the start or resumption of the run that it belongs to.
    """

    iteration: int
    net: int | None = None
    seconds: float = nan
    outputs: dict[str, list[float]] = field(default_factory=dict)
    loss: float = nan
    lr: float = nan
    epoch: float = nan
    section: int = 0

    @property
    def values(self) -> int:
        """Number of values of all outputs."""
        return sum(map(len, self.outputs.values()))


@dataclass
class History:
    """The rows of a run.

    Attributes:
        name: name of the run.
        rows: rows in the order of writing; a resumed run can have repeated some.
        starts: start of each section in seconds.
    """

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    starts: list[float] = field(default_factory=lambda: [0.0])

    def of(self, net: int | None) -> list[Row]:
        """The rows of a test net, or (None) of the training net."""
        return [row for row in self.rows if row.net == net]

    @property
    def test_nets(self) -> list[int]:
        """The indices of the test nets."""
        return sorted({row.net for row in self.rows if row.net is not None})

    def continued(self) -> History:
        """The history as if the run had not been interrupted.

        Rows that a resumed run repeated are replaced, and the time between two sections is not counted.
        """
        kept: list[Row] = []
        section, offset = 0, 0.0
        for row in self.rows:
            if any(old.iteration >= row.iteration for old in reversed(kept) if old.net == row.net):
                kept = [old for old in kept if old.iteration < row.iteration]
            if row.section != section:
                section, offset = row.section, kept[-1].seconds if kept else 0.0
            elapsed = row.seconds - self.starts[row.section]
            kept.append(replace(row, seconds=offset + elapsed))
        return replace(self, rows=kept, starts=[0.0] * len(self.starts))
