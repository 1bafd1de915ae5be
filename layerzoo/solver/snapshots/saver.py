"""Write snapshots, add their scores, and delete old ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol, cast

from torch import Tensor

from layerzoo.blobs.named import NamedBlobs
from layerzoo.disk import NoSpaceError, readable, shortage, with_cause
from layerzoo.errors import LayerzooError, SnapshotError
from layerzoo.loader import Document
from layerzoo.run_lock import check_lock
from layerzoo.schema import SolverParameter
from layerzoo.snapshot import BestScore, Snapshot, list_snapshots, prune, set_score, write_snapshot
from layerzoo.solver.snapshots.background import BackgroundWriter
from layerzoo.solver.snapshots.best_keeper import BestKeeper
from layerzoo.solver.snapshots.caffe_files import CaffeFiles
from layerzoo.solver.snapshots.host_copy import HostCopy, NoRoomError, copied_snapshot
from layerzoo.solver.snapshots.run_state import RunState
from layerzoo.solver.snapshots.sharded_saving import HistoryWriter

log = logging.getLogger("layerzoo")

Tell = Callable[[int, Path], object]
"""Called with the iteration and the path of a snapshot that has been written."""
_LEAVING: Final = 1.0
"""Seconds that an interrupt at once gives a snapshot that is being written."""
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
        tell: called with iteration and path of each snapshot that has been written.
    """

    saved_at: int | None
    failed: bool
    failure: str
    tell: Tell

    def save(self, state: RunState, test_is_due: bool, wait: bool = True) -> Path | None:
        """Write a snapshot. All processes have to call it; the main process writes.

        Args:
            state: the state of the run.
            test_is_due: a test of the same params follows; until then the snapshot has no score.
            wait: return when it is written; otherwise it may be written while training goes on.

        Returns:
            the path of the snapshot; None if it could not be written, if it is written later, or in a process
            that doesn't write.
        """

    def settle(self, wait: bool = False) -> None:
        """Take note of what has been written in the background since the last call.

        Args:
            wait: wait until all is written.
        """

    def last_saved(self) -> int | None:
        """`saved_at`, once all is written."""

    def settled(self) -> AbstractContextManager[None]:
        """A block at whose end all is written, also if it raises; a KeyboardInterrupt doesn't wait."""

    def add_score(self, iteration: int, value: float) -> None:
        """Give the snapshot of an iteration, if there is one, the score of its test."""

    def keep_best(self, state: RunState, choice: BestScore) -> None:
        """Keep the weights of a test if they are the best so far."""


@dataclass
class _Written:
    """What has become of a snapshot.

    Attributes:
        iteration: its iteration.
        path: its folder; None if it could not be written.
        failure: why it, or a file of Caffe's, could not be written.
        lines: log lines about the files.
    """

    iteration: int
    path: Path | None = None
    failure: Exception | None = None
    lines: list[tuple[object, ...]] = field(default_factory=list)

    def say(self, *line: object) -> None:
        """Add a log line."""
        self.lines.append(line)


class NativeSaver:
    """Writes native snapshots into the run's folder, and Caffe's files if ``snapshot_format`` is set.

    While training goes on, a thread writes a copy of the run's state, one snapshot after the other; its log
    lines, warnings and calls follow in `settle`. Without memory for a copy, and where processes hold parts of
    the params, the state is written at once.

    If a snapshot can't be written, training continues, after a warning, until the next interval.

    Args:
        folder: the run's folder.
        prefix: prefix of Caffe's files.
        param: the solver's config.
        higher_is_better: direction of the score, for ``keep_param.best``.

    Attributes:
        saved_at, failed, failure, tell: see `Saver`.
    """

    def __init__(self, folder: Path, prefix: str, param: SolverParameter, higher_is_better: bool) -> None:
        self.folder = folder
        self.prefix = prefix
        self.param = param
        self.higher_is_better = higher_is_better
        self.saved_at: int | None = None
        self.failed = False
        self.failure = ""
        self.tell: Tell = _tell_nobody
        self._writer = BackgroundWriter()
        self._memory = HostCopy()
        self._last: _Written | None = None
        self._best = BestKeeper(folder, prefix, self._writer)

    def save(self, state: RunState, test_is_due: bool, wait: bool = True) -> Path | None:
        """Write a snapshot; see `Saver.save`."""
        snapshot = state.capture()
        writer = None if state.shards is None else HistoryWriter(state.shards, state.rule, state.ranks)
        if not state.ranks.is_main:
            if writer is not None:
                writer.follow()
            return None
        if writer is not None:
            snapshot.history, wait = writer.rest, True
        try:
            return self._save(state, snapshot, test_is_due, wait, writer)
        finally:
            if writer is not None:
                writer.end()

    def _save(
        self, state: RunState, snapshot: Snapshot, test_is_due: bool, wait: bool, writer: HistoryWriter | None
    ) -> Path | None:
        self.settle(wait=True)  # one at a time: the last one is written from the memory of the copy
        if test_is_due:
            snapshot.score = None
        try:
            check_lock(self.prefix)
        except LayerzooError as error:
            self._failed(state, snapshot.iteration, error)
            return None
        self._last = written = _Written(snapshot.iteration)
        caffe = self._caffe_files(state, snapshot)
        if not wait:
            try:
                diffs = caffe.diffs if isinstance(caffe, CaffeFiles) else None
                snapshot, diffs = copied_snapshot(self._memory, snapshot, diffs)
            except NoRoomError as error:
                log.debug(
                    "The snapshot of iteration %d is not written in the background: %s",
                    snapshot.iteration,
                    error,
                )
                wait = True
            else:
                if isinstance(caffe, CaffeFiles):
                    of_state = replace(caffe.state, history=snapshot.history)
                    caffe = replace(caffe, weights=snapshot.weights, diffs=diffs, state=of_state)

        def write() -> Callable[[], None]:
            self._memory.ready()
            self._write(written, snapshot, caffe, writer)
            gone = [] if test_is_due or written.failure is not None else self._prune(written.path)
            return lambda: self._end(state, written, gone)

        if not wait:
            self._writer.begin(write)
            return None
        self._writer.run(write)
        return None if self.failed else written.path

    def settle(self, wait: bool = False) -> None:
        """Log, and tell, what has been written in the background; see `Saver.settle`."""
        self._writer.settle(wait)

    def last_saved(self) -> int | None:
        """`saved_at`, once all is written."""
        self.settle(wait=True)
        return self.saved_at

    @contextmanager
    def settled(self) -> Iterator[None]:
        """A block at whose end all is written; see `Saver.settled`."""
        try:
            yield
        except KeyboardInterrupt:
            self._writer.settle(wait=True, seconds=_LEAVING)
            raise
        except BaseException:
            try:
                self.settle(wait=True)
            except Exception as error:
                log.warning("While the last snapshot was written: %s", error)
            raise
        self.settle(wait=True)

    def add_score(self, iteration: int, value: float) -> None:
        """Give the snapshot of an iteration, if there is one, the score of its test."""
        path, last = self.folder / f"iter_{iteration}", self._last
        in_flight = last is not None and last.iteration == iteration and self._writer.busy
        if self.saved_at != iteration and not in_flight:
            return

        def write() -> Callable[[], None]:
            if (in_flight and (last is None or last.path is None)) or not path.is_dir():
                return lambda: None
            problem: Exception | None = None
            try:
                set_score(path, value)
            except (OSError, LayerzooError) as error:
                problem = error
            gone = self._prune(path)

            def then() -> None:
                if problem is not None:
                    log.warning("%s: its score can't be written: %s", path, problem)
                _log_deleted(gone)

            return then

        self._writer.begin(write)

    def keep_best(self, state: RunState, choice: BestScore) -> None:
        """Keep the weights of a test if they are the best so far; see `BestKeeper.offer`."""
        self._best.offer(state, choice)

    def _caffe_files(self, state: RunState, snapshot: Snapshot) -> CaffeFiles | LayerzooError | None:
        """Caffe's files of a snapshot, if ``snapshot_format`` is set, or why there are none."""
        if not self.param.HasField("snapshot_format"):
            return None
        weights = cast("dict[str, NamedBlobs[Tensor]]", snapshot.weights)
        try:
            return state.caffe(self.prefix, weights)
        except LayerzooError as error:
            return error

    def _write(
        self,
        written: _Written,
        snapshot: Snapshot,
        caffe: CaffeFiles | LayerzooError | None,
        writer: HistoryWriter | None,
    ) -> None:
        """Write the files; in any thread.

        After Caffe's line ``Snapshotting to`` parsers of logs expect ``Snapshotting solver state`` and then
        look for the ``.caffemodel``: no other line may begin like the first, or come between the two.
        """
        try:
            if writer is None:
                written.path = write_snapshot(self.folder, snapshot)
            else:
                written.path = write_snapshot(self.folder, snapshot, shards=writer.write)
        except (OSError, LayerzooError) as error:
            written.failure = error
            return
        try:
            if isinstance(caffe, LayerzooError):
                raise caffe
            if caffe is not None:
                caffe.write(written.say)
        except (OSError, LayerzooError) as error:
            written.failure = error
        native = "Snapshotting to %s" if caffe is None else "Native format: Snapshotting to %s"
        written.say(native, written.path)

    def _end(self, state: RunState, written: _Written, gone: Sequence[Path]) -> None:
        """Log and tell what has become of a snapshot."""
        for message, *values in written.lines:
            log.info(message, *values)
        if written.path is not None:
            self.saved_at = written.iteration
        if written.failure is not None or written.path is None:
            self._failed(state, written.iteration, written.failure or SnapshotError("nothing was written"))
            return
        self.failed, self.failure = False, ""
        _log_deleted(gone)
        self.tell(written.iteration, written.path)

    def _failed(self, state: RunState, iteration: int, error: Exception) -> None:
        self.failed, self.failure = True, failure_text(error, state)
        log.warning("The snapshot of iteration %d can't be written: %s", iteration, self.failure)

    def _prune(self, newest: Path | None) -> list[Path]:
        """Delete the snapshots that are no longer kept; in any thread."""
        if newest is None or not self.param.HasField("keep_param"):
            return []
        return prune(self.folder, self.param.keep_param, self.higher_is_better, known_good=newest)


def _log_deleted(paths: Sequence[Path]) -> None:
    for path in paths:
        log.info("Deleted %s", path)


def _tell_nobody(iteration: int, path: Path) -> None:
    """Do nothing."""


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
