"""Write snapshots, add their scores, and delete old ones."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

from layerzoo.disk import NoSpaceError, readable, shortage, with_cause
from layerzoo.errors import LayerzooError, SnapshotError
from layerzoo.loader import Document
from layerzoo.run_lock import check_lock
from layerzoo.schema import SolverParameter
from layerzoo.snapshot import BestScore, list_snapshots, prune, set_score, write_snapshot
from layerzoo.solver.snapshots.best_keeper import BestKeeper
from layerzoo.solver.snapshots.run_state import RunState

log = logging.getLogger("layerzoo")

_OTHER_BYTES = 16 << 10
"""Bytes of a snapshot beside its tensors: names, settings, blocks that are not full."""


class UnsavedError(SnapshotError):
    """The last snapshot of a run could not be written; the message says how to go on.

    Args:
        saver: of the run.
        folder: the run's folder.
        iteration: the last iteration.
    """

    exit_code = 5

    def __init__(self, saver: Saver, folder: Path, iteration: int) -> None:
        earlier = [n for n, _ in list_snapshots(folder) if n < iteration]
        goes_on = f"continues from iteration {earlier[-1]}" if earlier else "starts from the beginning"
        super().__init__(
            f"the last snapshot, of iteration {iteration}, could not be written to '{folder}': "
            f"{saver.failure}; once that is fixed, run the same command with -resume auto, which {goes_on}"
        )


class Saver(Protocol):
    """Writes the snapshots of one run.

    Attributes:
        saved_at: iteration of the last snapshot that was written or resumed from; None without one.
        failed: whether the last attempt to write one failed.
        failure: why, with what is needed and free; empty if it didn't.
    """

    saved_at: int | None
    failed: bool
    failure: str

    def save(self, state: RunState, test_is_due: bool) -> Path | None:
        """Write a snapshot. All processes have to call it; the main process writes.

        Args:
            state: the state of the run.
            test_is_due: a test of the same params follows; until then the snapshot has no score.

        Returns:
            the path of the snapshot; None if it could not be written, or in a process that doesn't write.
        """

    def add_score(self, iteration: int, value: float) -> None:
        """Give the snapshot of an iteration, if there is one, the score of its test."""

    def keep_best(self, state: RunState, choice: BestScore) -> None:
        """Keep the weights of a test if they are the best so far."""


class NativeSaver:
    """Writes native snapshots into the run's folder, and Caffe's files if ``snapshot_format`` is set.

    If a snapshot can't be written, training continues, after a warning, until the next interval.

    Args:
        folder: the run's folder.
        prefix: prefix of Caffe's files.
        param: the solver's config.
        higher_is_better: direction of the score, for ``keep_param.best``.

    Attributes:
        saved_at, failed, failure: see `Saver`.
    """

    def __init__(self, folder: Path, prefix: str, param: SolverParameter, higher_is_better: bool) -> None:
        self.folder = folder
        self.prefix = prefix
        self.param = param
        self.higher_is_better = higher_is_better
        self.saved_at: int | None = None
        self.failed = False
        self.failure = ""
        self._best = BestKeeper(folder, prefix)

    def save(self, state: RunState, test_is_due: bool) -> Path | None:
        """Write a snapshot; see `Saver.save`."""
        snapshot = state.capture()
        if not state.ranks.is_main:
            return None
        self.failed, self.failure = True, ""
        try:
            if test_is_due:
                snapshot.score = None
            check_lock(self.prefix)
            path = write_snapshot(self.folder, snapshot)
            self.saved_at = snapshot.iteration
            self._write_caffe(state, path)
        except (OSError, LayerzooError) as error:
            self.failure = failure_text(error, state)
            log.warning("The snapshot of iteration %d can't be written: %s", snapshot.iteration, self.failure)
            return None
        self.failed = False
        if not test_is_due:
            self._prune(path)
        return path

    def add_score(self, iteration: int, value: float) -> None:
        """Give the snapshot of an iteration, if there is one, the score of its test."""
        path = self.folder / f"iter_{iteration}"
        if self.saved_at != iteration or not path.is_dir():
            return
        try:
            set_score(path, value)
        except (OSError, LayerzooError) as error:
            log.warning("%s: its score can't be written: %s", path, error)
        self._prune(path)

    def keep_best(self, state: RunState, choice: BestScore) -> None:
        """Keep the weights of a test if they are the best so far; see `BestKeeper.offer`."""
        self._best.offer(state, choice)

    def _write_caffe(self, state: RunState, native: Path) -> None:
        """Write Caffe's files if ``snapshot_format`` is set, and log the path of the native snapshot.

        After Caffe's line ``Snapshotting to`` parsers of logs expect ``Snapshotting solver state`` and then
        look for the ``.caffemodel``: no other line may begin like the first, or come between the two.
        """
        if not self.param.HasField("snapshot_format"):
            log.info("Snapshotting to %s", native)
            return
        try:
            state.write_caffe(self.prefix)
        finally:
            log.info("Native format: Snapshotting to %s", native)

    def _prune(self, newest: Path) -> None:
        if self.param.HasField("keep_param"):
            for gone in prune(self.folder, self.param.keep_param, self.higher_is_better, known_good=newest):
                log.info("Deleted %s", gone)


def failure_text(error: Exception, state: RunState) -> str:
    """Why a snapshot could not be written; of a full disk with the size of a snapshot."""
    if not isinstance(error, OSError):
        return str(error)
    cause = error if error.strerror else with_cause(error, error.filename or "")
    needed = f", and {readable(state.snapshot_bytes)} needed" if isinstance(cause, NoSpaceError) else ""
    return f"{cause.strerror or cause}{needed}"


def check_room(folder: Path, state: RunState) -> None:
    """Check that a snapshot fits on the disk of a run's folder, if the run will write one.

    Raises:
        SnapshotError: it doesn't fit.
    """
    if not (state.param.snapshot or state.param.snapshot_after_train):
        return
    if message := shortage(folder, state.snapshot_bytes + _OTHER_BYTES):
        raise SnapshotError(
            f"no snapshot of this run can be written: {message}; free space there, or set snapshot_prefix to "
            "a folder on another disk"
        )


def set_aside_later(folder: Path, iteration: int) -> None:
    """Rename the snapshots after an iteration, for a run that resumes from there.

    Otherwise ``-resume auto`` would later find them instead of the snapshots of that run.
    """
    for later, path in list_snapshots(folder):
        if later > iteration:
            aside = _free(path.with_name(f"{path.name}.aside"))
            try:
                path.rename(aside)
            except OSError as error:
                log.warning("%s: can't be renamed: %s", path, error.strerror)
            else:
                log.info(
                    "%s is later than the iteration that this run resumes from; renamed to %s",
                    path,
                    aside.name,
                )


def default_prefix(document: Document[SolverParameter] | None) -> str:
    """The default of ``snapshot_prefix``: the name of the solver's file, in the working folder."""
    return document.path.stem if document is not None and document.path is not None else "layerzoo"


def _free(path: Path) -> Path:
    count, free = 1, path
    while free.exists():
        count += 1
        free = path.with_name(f"{path.name}.{count}")
    return free
