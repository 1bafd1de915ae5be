"""The interface of callbacks on the progress of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from layerzoo.solver.testing.tester import Scores


@dataclass(frozen=True)
class Displayed:
    """One display of the training net.

    Attributes:
        iteration: number of updates made.
        loss: the training loss, averaged over ``average_loss`` iterations.
        lr: the learning rate.
        outputs: elements of each output by name.
    """

    iteration: int
    loss: float
    lr: float
    outputs: dict[str, list[float]]


class Callback:
    """Called by the training loop; each method does nothing by default. ``iteration`` counts updates made."""

    def started(self, iteration: int, tested: bool) -> None:
        """The loop is about to begin; ``tested``: this iteration was tested before."""

    def displayed(self, shown: Displayed) -> None:
        """A display interval has ended."""

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Test net number ``index`` has been tested."""

    def saved(self, iteration: int, path: Path) -> None:
        """A native snapshot has been written."""

    def ended(self, iteration: int) -> None:
        """The loop has ended."""


class Callbacks(Callback):
    """Calls several callbacks, in order."""

    def __init__(self, members: Iterable[Callback] = ()) -> None:
        self.members = list(members)

    def started(self, iteration: int, tested: bool) -> None:
        """Call all."""
        for member in self.members:
            member.started(iteration, tested)

    def displayed(self, shown: Displayed) -> None:
        """Call all."""
        for member in self.members:
            member.displayed(shown)

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Call all."""
        for member in self.members:
            member.tested(iteration, index, scores)

    def saved(self, iteration: int, path: Path) -> None:
        """Call all."""
        for member in self.members:
            member.saved(iteration, path)

    def ended(self, iteration: int) -> None:
        """Call all."""
        for member in self.members:
            member.ended(iteration)
