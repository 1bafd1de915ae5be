"""Lock the files of a run: ``<snapshot_prefix>.run/`` and ``<snapshot_prefix>_iter_N.*``."""

from __future__ import annotations

import os
import threading
import weakref
from itertools import count
from pathlib import Path
from types import TracebackType

from layerzoo.disk import unwritable
from layerzoo.errors import SnapshotError
from layerzoo.run_lock.hold import Hold, RunLockedError
from layerzoo.run_lock.record import described, process_in, read_record

_held: dict[str, Hold] = {}
"""The locks of this process, by the path of their files without suffix."""
_changing = [threading.RLock()]
"""Held while a lock is acquired or released."""


def _forget() -> None:
    """In a forked child: forget the parent's locks, whose files are closed."""
    _changing[0] = threading.RLock()
    _held.clear()


os.register_at_fork(after_in_child=_forget)


class RunLock:
    """The lock of the files of a ``snapshot_prefix``; a process can acquire it several times.

    A child process that was forked does not hold it.

    Args:
        prefix: ``snapshot_prefix``.

    Attributes:
        prefix: ``snapshot_prefix``.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._holds: list[Hold] = []

    def acquire(self) -> None:
        """Lock the files, or raise; waits up to `LEASE` seconds for the lease of another machine to end.

        Raises:
            RunLockedError: another process has locked them.
            SnapshotError: the lock can't be written.
        """
        with _changing[0]:
            try:
                path = _path(self.prefix)
                hold = _held.get(path) or Hold(path, f"{self.prefix}.run")
            except (OSError, ValueError) as error:
                raise SnapshotError(unwritable(Path(f"{self.prefix}.run").parent, error)) from error
            _held[path] = hold
            hold.count += 1
            self._holds.append(hold)

    def acquire_if_possible(self) -> bool:
        """Lock the files, if the folder that they are in exists and can be written to.

        Returns:
            whether they are locked.

        Raises:
            RunLockedError: another process has locked them.
        """
        if not Path(f"{self.prefix}.run").parent.is_dir():
            return False
        try:
            self.acquire()
        except RunLockedError:
            raise
        except SnapshotError:
            return False
        return True

    def release(self) -> None:
        """Undo one `acquire`; the last one of the process unlocks the files."""
        with _changing[0]:
            hold = self._holds.pop() if self._holds else None
            if hold is None or _held.get(hold.path) is not hold:  # acquired before a fork
                return
            hold.count -= 1
            if not hold.count:
                hold.release()
                del _held[hold.path]

    def hold_for(self, owner: object) -> None:
        """Lock the files until an object is deleted or the process ends, for programs that step a solver.

        If the lock can't be written, nothing is locked: writing a snapshot will report the reason. A second
        call has no effect.

        Raises:
            RunLockedError: another process has locked them.
        """
        if not any(_held.get(hold.path) is hold for hold in self._holds) and self.acquire_if_possible():
            weakref.finalize(owner, self.release)

    def __enter__(self) -> RunLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def next_free(prefix: str) -> RunLock:
    """Lock the first of ``prefix``, ``prefix-2``, ``prefix-3`` … that no run uses or has used.

    Several processes that call this at once get different ones.

    Returns:
        the lock, acquired; its ``prefix`` is the one that was free.

    Raises:
        SnapshotError: the lock can't be written.
    """
    for number in count(1):
        lock = RunLock(_numbered(prefix, number))
        if _used(lock.prefix):
            continue
        try:
            lock.acquire()
        except RunLockedError:
            continue
        if not _used(lock.prefix):
            break
        lock.release()
    return lock


def check_lock(prefix: str) -> None:
    """Check that this process still has the lock that it acquired; without one, do nothing.

    Raises:
        RunLockedError: another process has taken it, while this one was suspended.
    """
    hold = _held.get(_path(prefix))
    if hold is not None and hold.is_lost():
        record = read_record(Path(f"{hold.path}.lock"))
        raise RunLockedError(
            f"another run has taken '{hold.shown}'{process_in(record)}, while this one was suspended"
        )


def used_by(prefix: str) -> str:
    """Which process has locked a prefix, as text for a message: ``process 12 on host 'a', since …``.

    Returns:
        "" if no other process has.
    """
    path = _path(prefix)
    if path in _held or not (Path(f"{path}.lock").exists() or Path(f"{path}.lease").exists()):
        return ""
    try:
        with RunLock(prefix):
            return ""
    except RunLockedError:
        return described(read_record(Path(f"{path}.lock"))) or "another process"
    except SnapshotError:
        return ""


def _path(prefix: str) -> str:
    """The path of the lock's files without suffix; in the run's folder if its parent is read-only."""
    run = Path(f"{prefix}.run")
    parent = Path(os.path.realpath(run.parent))
    if run.is_dir() and os.access(run, os.W_OK) and not os.access(parent, os.W_OK):
        return str(parent / run.name / ".run")
    return str(parent / f".{run.name}")


def _numbered(prefix: str, number: int) -> str:
    if number == 1:
        return prefix
    return f"{prefix}{number}" if prefix.endswith("/") else f"{prefix}-{number}"


def _used(prefix: str) -> bool:
    """Whether a run has written files of a prefix."""
    run = Path(f"{prefix}.run")
    if not run.parent.is_dir():
        return False
    if run.is_symlink() or (run.exists() and (not run.is_dir() or any(run.iterdir()))):
        return True
    snapshots = f"{run.name.removesuffix('.run')}_iter_"
    return any(path.name.startswith(snapshots) for path in run.absolute().parent.iterdir())
