"""A process that keeps the lock of a prefix: ``python -m tests.run_lock.holder PREFIX OPTION...``.

Options: ``errno=N`` makes ``flock`` fail so; ``new`` takes the next free prefix; ``fork`` leaves a forked
child that lives on; ``boot=TEXT`` pretends to be another machine, and ``fast`` shortens the lease. It prints
``locked PREFIX`` or the error, then waits for a line on its standard input.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time

from layerzoo.errors import LayerzooError
from layerzoo.run_lock import RunLock, hold, next_free, record

SHORT_LEASE, SHORT_RENEWAL = 3.0, 0.2


def without_flock(error: int) -> None:
    """Make ``flock`` fail as on a file system without locks."""

    def flock(_fd: int, _operation: int) -> None:
        raise OSError(error, os.strerror(error))

    fcntl.flock = flock


def main(prefix: str, *options: str) -> None:
    """Acquire, report, wait."""
    values = dict(option.partition("=")[::2] for option in options)
    if "errno" in values:
        without_flock(int(values["errno"]))
    if "boot" in values:
        hold.boot = record.boot = hold.pid_namespace = record.pid_namespace = lambda: values["boot"]
    if "fast" in values:
        hold.LEASE, hold.RENEWAL = SHORT_LEASE, SHORT_RENEWAL
    try:
        if "new" in values:
            lock = next_free(prefix)
        else:
            lock = RunLock(prefix)
            lock.acquire()
    except LayerzooError as error:
        print(error, flush=True)
        return
    ready, forked = os.pipe()
    child = os.fork() if "fork" in values else -1
    if child == 0:
        os.close(1)
        os.write(forked, b"x")
        time.sleep(120)
        os._exit(0)
    if child > 0:
        os.read(ready, 1)
    print(f"locked {lock.prefix}", *([child] if child > 0 else []), flush=True)
    sys.stdin.readline()
    lock.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
