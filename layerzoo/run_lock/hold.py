"""The files of a lock: how a process takes them, keeps them and gives them back.

- ``.<name>.run.lock`` is locked by ``flock``. The kernel, or the server of a network file system, releases it
  when the process ends, however it ends. It holds a record of the process.
- ``.<name>.run.lease`` is renewed every few seconds. It protects a run where ``flock`` is missing, or is not
  seen by other machines (NFS with ``nolock``, Lustre with ``localflock``). A lease that is not renewed for
  `LEASE` seconds has ended; that of a process of this machine ends with the process.

Both are deleted when the run ends, and left behind when it is killed.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from pathlib import Path

from filelock import SoftFileLease, Timeout

from layerzoo.errors import SnapshotError
from layerzoo.run_lock.flock import Flock
from layerzoo.run_lock.record import (
    Record,
    boot,
    own_record,
    pid_namespace,
    process_exists,
    process_in,
    read_record,
    refusal,
)

log = logging.getLogger("layerzoo")

LEASE = 30.0
"""Seconds after which a lease that is not renewed has ended; all versions of Layerzoo must agree on it."""
RENEWAL = 5.0
"""Seconds between renewals of a lease."""

_POLL = 0.1
_NO_FILE = (0, 0)
_TAKEOVER = 0.5
"""Seconds in which the lease of a dead process of this machine is taken."""


class RunLockedError(SnapshotError):
    """Another run uses the same ``snapshot_prefix``."""


class Hold:
    """A lock that this process has acquired.

    Args:
        path: the path of the lock's files without suffix.
        shown: the path of the run's folder, for messages.

    Attributes:
        path, shown: see above.
        count: how many times it has been acquired.

    Raises:
        RunLockedError: another process has it.
        OSError: it can't be written.
    """

    def __init__(self, path: str, shown: str) -> None:
        self.path, self.shown, self.count = path, shown, 0
        self._file = Path(f"{path}.lock")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._flock = Flock(self._file)
        except BlockingIOError:
            raise RunLockedError(refusal(shown, self._holder())) from None
        self._lease = SoftFileLease(
            f"{path}.lease", lease_duration=LEASE, heartbeat_interval=RENEWAL, thread_local=False
        )
        try:
            self._take_lease()
        except BaseException as error:
            if isinstance(error, OSError):
                self._remove_empty_lease()
            self._flock.close()
            raise
        self._token = self._lease.token
        self._record = own_record()
        with suppress(OSError):  # on a full disk the lock has no record
            self._flock.write(json.dumps(self._record).encode() + b"\n")

    def is_lost(self) -> bool:
        """Whether another process has taken the lock, because this one was suspended for long."""
        owner, record = self._lease.owner, read_record(self._file)
        if (owner is not None and owner.token != self._token) or (record and record != self._record):
            return True
        if self._lease.compromise is not None:  # it was not renewed for long, or deleted; nobody has taken it
            with suppress(OSError):
                self._lease.release()
                self._acquire_lease(_TAKEOVER)
                self._token = self._lease.token
        return False

    def release(self) -> None:
        """Unlock, and delete the files; an error is ignored, since the end of the process unlocks too."""
        with suppress(OSError):
            if not self.is_lost():
                self._file.unlink()
        with suppress(OSError):
            self._lease.release()
        self._flock.close()

    def _take_lease(self) -> None:
        """Take the lease; one of another machine is watched until it is renewed or ends."""
        before, record = _renewed(self._lease.lock_file), read_record(self._file)
        if self._acquire_lease(_TAKEOVER):  # there is none, or it is of a dead process of this machine
            return
        owner, local = self._lease.owner, record.get("boot") == boot()
        if self._flock.supported and local and owner is not None and owner.pid == record.get("pid"):
            self._lease.force_break()  # the kernel has released the flock of its process: it has ended
            if self._acquire_lease(_TAKEOVER):
                return
        elif owner is None or not (
            local and record.get("pids") == pid_namespace()
        ):  # else of a living process
            log.info(
                "%s: an earlier run has not released its lock%s; waiting up to %.0f s to see if it has ended",
                *(self.shown, process_in(record), LEASE + RENEWAL),
            )
            if self._acquire_lease(LEASE + RENEWAL, before):
                return
            if self._lease.owner is None and _renewed(self._lease.lock_file) == before:
                self._lease.force_break()  # it was cut off while it was written, and nobody renews it
                if self._acquire_lease(_TAKEOVER):
                    return
        raise RunLockedError(refusal(self.shown, record))

    def _remove_empty_lease(self) -> None:
        """Delete the lease that could not be written, as on a full disk; nobody could tell when it ends."""
        path = Path(self._lease.lock_file)
        with suppress(OSError):
            if not path.stat().st_size:
                path.unlink()

    def _acquire_lease(self, seconds: float, before: tuple[int, int] | None = None) -> bool:
        """Try to take the lease for some seconds, or until it is no longer as `_renewed` returned before."""
        path = self._lease.lock_file
        cancel = None if before is None else lambda: _renewed(path) not in (before, _NO_FILE)
        with suppress(Timeout):
            self._lease.acquire(timeout=seconds, poll_interval=_POLL, cancel_check=cancel)
            return True
        return False

    def _holder(self) -> Record:
        """The record of the process that has the lock, which it writes just after it has locked."""
        for _ in range(10):
            record = read_record(self._file)
            if record.get("pids", pid_namespace()) != pid_namespace() or process_exists(record.get("pid")):
                break
            time.sleep(_POLL)
        return record


def _renewed(path: str) -> tuple[int, int]:
    """A value that changes when a lease is renewed or taken."""
    try:
        stat = Path(path).stat()
    except OSError:
        return _NO_FILE
    return stat.st_ino, stat.st_mtime_ns
