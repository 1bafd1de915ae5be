"""Locks of runs: one process at a time writes the files of a ``snapshot_prefix``.

::

    with RunLock("snapshots/lenet"):  # RunLockedError if another process has it
        ...
"""

from layerzoo.run_lock.hold import RunLockedError
from layerzoo.run_lock.lock import RunLock, check_lock, next_free, used_by

__all__ = ["RunLock", "RunLockedError", "check_lock", "next_free", "used_by"]
