"""When snapshots are written, what happens where they can't be, and which of them stay."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from layerzoo.errors import LayerzooError
from layerzoo.loader import Document
from layerzoo.schema import SolverParameter
from layerzoo.snapshot import list_snapshots, prune, set_score, write_snapshot
from layerzoo.solver.snapshots.state import capture, write_caffe

if TYPE_CHECKING:
    from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")


class Saver:
    """Writes the snapshots of one run.

    One that can't be written is a warning, not the end: training goes on and the next interval tries again.

    Args:
        folder: of the run.
        prefix: of Caffe's snapshots.

    Attributes:
        saved_at: iteration of the snapshot that was written, or gone on from, last; None without one.
        failed: the last attempt came to nothing.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        self.saved_at: int | None = None
        self.failed = False

    def save(self, solver: Solver, to_be_tested: bool) -> Path | None:
        """Write where the run stands: the native form, and Caffe's where ``snapshot_format`` is said.

        Args:
            solver: the run.
            to_be_tested: a test of these very params follows; until then the snapshot has no score.

        Returns:
            the native snapshot; None where one of the forms could not be written.
        """
        self.failed = True
        try:
            snapshot = capture(solver)
            if to_be_tested:
                snapshot.score = None
            path = write_snapshot(self.folder, snapshot)
            log.info("Snapshotting to %s", path)
            self.saved_at = solver.iteration
            if solver.param.HasField("snapshot_format"):
                write_caffe(solver, self.prefix)
        except (OSError, LayerzooError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or error
            log.warning("The snapshot of iteration %d can't be written: %s", solver.iteration, reason)
            return None
        self.failed = False
        if not to_be_tested:
            self._prune(solver, path)
        return path

    def note_score(self, solver: Solver, value: float) -> None:
        """Give the snapshot of this iteration, if there is one, the score of its test."""
        path = self.folder / f"iter_{solver.iteration}"
        if not solver.ranks.is_main or self.saved_at != solver.iteration or not path.is_dir():
            return
        try:
            set_score(path, value)
        except (OSError, LayerzooError) as error:
            log.warning("%s: its score can't be written: %s", path, error)
        self._prune(solver, path)

    def set_aside_later(self, iteration: int) -> None:
        """Take the snapshots after an iteration out of the way of a run that goes on from there.

        Else ``-resume auto`` would later find what this run has left behind.
        """
        for later, path in list_snapshots(self.folder):
            if later > iteration:
                aside = _free(path.with_name(f"{path.name}.aside"))
                try:
                    path.rename(aside)
                except OSError as error:
                    log.warning("%s: can't be set aside: %s", path, error.strerror)
                else:
                    log.info("%s is later than where this run goes on from; it is now %s", path, aside.name)

    def _prune(self, solver: Solver, newest: Path) -> None:
        param: SolverParameter = solver.param
        if param.HasField("keep_param"):
            higher = solver.score is not None and solver.score.higher_is_better
            for gone in prune(self.folder, param.keep_param, higher, known_good=newest):
                log.info("Deleted %s", gone)


def default_prefix(document: Document[SolverParameter] | None) -> str:
    """Where snapshots go that no ``snapshot_prefix`` names: the working folder, by the solver's file name."""
    return document.path.stem if document is not None and document.path is not None else "layerzoo"


def _free(path: Path) -> Path:
    count, free = 1, path
    while free.exists():
        count += 1
        free = path.with_name(f"{path.name}.{count}")
    return free
