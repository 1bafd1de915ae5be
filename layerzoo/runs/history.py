"""The history of a run: its displays and tests as rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
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
        updates: loss and rate of each of several updates, as ``discriminate loss`` and ``discriminate lr``.
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
    updates: dict[str, float] = field(default_factory=dict)

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
        kept = _Kept()
        section, offset = 0, 0.0
        for row in self.rows:
            if kept.repeats(row):
                kept.drop_from(row.iteration)
            if row.section != section:
                section, offset = row.section, kept.seconds
            elapsed = row.seconds - self.starts[row.section]
            kept.add(replace(row, seconds=offset + elapsed))
        return replace(self, rows=kept.rows, starts=[0.0] * len(self.starts))


class _Kept:
    """The rows that a resumed run has not repeated; each operation takes O(log n) on average."""

    def __init__(self) -> None:
        self._all: list[Row | None] = []
        self._of: dict[int | None, list[int]] = {}
        self._latest: list[tuple[int, int]] = []
        self._order: list[int] = []

    @property
    def rows(self) -> list[Row]:
        """The rows in the order of writing."""
        return [row for row in self._all if row is not None]

    @property
    def seconds(self) -> float:
        """The time of the last row; 0 without rows."""
        last = self._last(self._order)
        return last.seconds if last is not None else 0.0

    def add(self, row: Row) -> None:
        """Append a row."""
        index = len(self._all)
        self._all.append(row)
        self._of.setdefault(row.net, []).append(index)
        self._order.append(index)
        heappush(self._latest, (-row.iteration, index))

    def repeats(self, row: Row) -> bool:
        """Whether a row of the same net is of the same or a later iteration; they increase within a net."""
        last = self._last(self._of.get(row.net, []))
        return last is not None and last.iteration >= row.iteration

    def drop_from(self, iteration: int) -> None:
        """Drop all rows of an iteration and of later ones."""
        while self._latest and -self._latest[0][0] >= iteration:
            self._all[heappop(self._latest)[1]] = None

    def _last(self, indices: list[int]) -> Row | None:
        """The last row of a list that has not been dropped; those behind it are removed from the list."""
        while indices and self._all[indices[-1]] is None:
            indices.pop()
        return self._all[indices[-1]] if indices else None
