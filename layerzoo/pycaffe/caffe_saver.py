"""Snapshots of a solver in a script: only Caffe's files."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from layerzoo.errors import LayerzooError
from layerzoo.run_lock import check_lock
from layerzoo.snapshot import BestScore
from layerzoo.solver.snapshots.run_state import RunState
from layerzoo.solver.snapshots.saver import Tell, failure_text

log = logging.getLogger("layerzoo")


class CaffeSaver:
    """Writes snapshots as Caffe's files, without Layerzoo's native ones.

    Args:
        prefix: path prefix of the files.

    Attributes:
        saved_at, failed, failure, tell: see `layerzoo.solver.snapshots.saver.Saver`.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.saved_at: int | None = None
        self.failed = False
        self.failure = ""
        self.tell: Tell = lambda iteration, path: None

    def save(self, state: RunState, test_is_due: bool, wait: bool = True) -> Path | None:
        """Write ``.caffemodel`` and ``.solverstate``, or both as ``.h5``; log a warning on failure."""
        self.failed, self.failure = True, ""
        iteration = state.train.iteration
        try:
            check_lock(self.prefix)
            state.write_caffe(self.prefix)
        except (OSError, LayerzooError) as error:
            self.failure = failure_text(error, state)
            log.warning("The snapshot of iteration %d can't be written: %s", iteration, self.failure)
            return None
        self.failed, self.saved_at = False, iteration
        path = Path(f"{self.prefix}_iter_{iteration}.caffemodel")
        self.tell(iteration, path)
        return path

    def settle(self, wait: bool = False) -> None:
        """Do nothing: all is written at once."""

    def last_saved(self) -> int | None:
        """`saved_at`."""
        return self.saved_at

    def settled(self) -> AbstractContextManager[None]:
        """A block; all is written at once."""
        return nullcontext()

    def add_score(self, iteration: int, value: float) -> None:
        """Do nothing: Caffe's files have no field for a score."""

    def keep_best(self, state: RunState, choice: BestScore) -> None:
        """Do nothing: scripts have Caffe's files only."""
