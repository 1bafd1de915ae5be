"""The interface of callbacks on the progress of a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar

from layerzoo.solver.testing.pooled import Scores
from layerzoo.streams import BestEffort

log = logging.getLogger("layerzoo")


@dataclass(frozen=True)
class Displayed:
    """One display of the training net.

    Attributes:
        iteration: number of updates made.
        loss: the training loss, averaged over ``average_loss`` iterations.
        lr: the learning rate.
        outputs: elements of each output by name.
        data_wait: the share of the time since the last display in which the net waited for data.
        updates: of each of several updates, by name, its ``lr``, and its ``loss`` if it has one of its own.
    """

    iteration: int
    loss: float
    lr: float
    outputs: dict[str, list[float]]
    data_wait: float = 0.0
    updates: Mapping[str, dict[str, float]] = field(default_factory=dict)


class Callback:
    """Called by the training loop; each method does nothing by default. ``iteration`` counts updates made.

    An exception ends training, as in Caffe; derive from `Output` to let training go on.
    """

    def started(self, iteration: int, tested: bool) -> None:
        """The loop is about to begin; ``tested``: this iteration was tested before."""

    def updated(self, iteration: int) -> None:
        """An update has been made, or several at once; tests and a snapshot of its params follow."""

    def displayed(self, shown: Displayed) -> None:
        """A display interval has ended."""

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Test net number ``index`` has been tested."""

    def saved(self, iteration: int, path: Path) -> None:
        """A native snapshot has been written."""

    def ended(self, iteration: int) -> None:
        """The loop has ended."""


class Output(Callback):
    """A callback that only reports on training: an exception of it is logged once, and training continues.

    Attributes:
        title: what it writes, for the message.
        retries: it is called again after a failure; otherwise only ``ended`` is.
        effort: for what it does outside of these methods, such as in hooks: ``with self.effort:``.
    """

    title: ClassVar[str]
    retries: ClassVar[bool] = False

    def __init__(self) -> None:
        then = "training continues" if self.retries else "training continues without it"
        self.effort = BestEffort(self.title, partial(log.warning, "%s"), then)


class Callbacks(Callback):
    """Calls several callbacks, in order; failures of an `Output` end neither the others nor training."""

    def __init__(self, members: Iterable[Callback] = ()) -> None:
        self.members = list(members)

    def started(self, iteration: int, tested: bool) -> None:
        """Call all."""
        self._call(lambda member: member.started(iteration, tested))

    def updated(self, iteration: int) -> None:
        """Call all."""
        self._call(lambda member: member.updated(iteration))

    def displayed(self, shown: Displayed) -> None:
        """Call all."""
        self._call(lambda member: member.displayed(shown))

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Call all."""
        self._call(lambda member: member.tested(iteration, index, scores))

    def saved(self, iteration: int, path: Path) -> None:
        """Call all."""
        self._call(lambda member: member.saved(iteration, path))

    def ended(self, iteration: int) -> None:
        """Call all."""
        self._call(lambda member: member.ended(iteration), last=True)

    def _call(self, method: Callable[[Callback], None], last: bool = False) -> None:
        for member in list(self.members):
            if not isinstance(member, Output):
                method(member)
            elif last or member.retries or not member.effort.failed:
                with member.effort:
                    method(member)
