"""What a run said of itself, display by display and test by test."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import nan


@dataclass
class Row:
    """One display of the training net, or one test of a test net.

    Attributes:
        iteration: updates made before it.
        net: number of the test net; None for the training net.
        seconds: since the run first began.
        outputs: values of the net's outputs by name.
        loss: of the training net the smoothed one, of a test net the weighted sum of its losses; NaN where
            it was not said, as ``lr`` and ``epoch``.
        lr: the learning rate.
        epoch: passes through the training data made before it.
        section: counts the times that the run was begun or resumed, from 0.
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
        """How many values the outputs have."""
        return sum(map(len, self.outputs.values()))


@dataclass
class History:
    """The rows of a run.

    Attributes:
        name: what to call the run.
        rows: in the order in which they were written; a resumed run may have made some twice.
        starts: seconds at which each section began.
    """

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    starts: list[float] = field(default_factory=lambda: [0.0])

    def of(self, net: int | None) -> list[Row]:
        """The rows of a test net, or (None) of the training net."""
        return [row for row in self.rows if row.net == net]

    @property
    def test_nets(self) -> list[int]:
        """The numbers of the test nets."""
        return sorted({row.net for row in self.rows if row.net is not None})

    def continued(self) -> History:
        """The run as if it had never been interrupted.

        Rows that a resumed run made again are replaced, and the time between two sections does not count.
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
