"""Write files in a background thread, one job after the other; what follows is done in the main thread."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable

Then = Callable[[], object]
"""What follows a job, in the thread that called `BackgroundWriter.settle`: log lines, calls of callbacks."""
Job = Callable[[], Then]
"""Writes something; returns what follows."""

_AT_MOST = 3600.0
"""Seconds of a wait of the system's; a longer one goes on after it."""


class BackgroundWriter:
    """Runs jobs in their order, in a thread that lives while there are any.

    The thread doesn't keep the process from ending: what a job writes must be whole or not there at any
    moment. A job logs nothing and changes no state of the run; what it returns does so, in `settle`.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._ended: deque[Then] = deque()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    @property
    def busy(self) -> bool:
        """Whether a job has not ended yet, or what follows it is still to be done."""
        return self._thread is not None or bool(self._ended)

    def begin(self, job: Job) -> None:
        """Run a job in the background, after those before it."""
        self._forget_parents()
        with self._changed:
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="layerzoo-snapshots", daemon=True)
                self._thread.start()

    def run(self, job: Job) -> None:
        """Run a job now, in this thread, after those in the background."""
        self.settle(wait=True)
        job()()

    def settle(self, wait: bool = False, seconds: float = float("inf")) -> None:
        """Do what follows the jobs that have ended, in their order; raises what a job has raised.

        Args:
            wait: wait until all jobs have ended.
            seconds: wait no longer than this.
        """
        self._forget_parents()
        if not self.busy:
            return
        if wait:
            self._wait(time.monotonic() + seconds)
        while self._ended:
            self._ended.popleft()()

    def _forget_parents(self) -> None:
        """In a forked process, drop the jobs: the parent does them, and its thread may have held the lock."""
        if self._pid != os.getpid():
            BackgroundWriter.__init__(self)

    def _wait(self, deadline: float) -> None:
        with self._changed:
            while self._thread is not None and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(min(left, _AT_MOST))

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return
                job = self._waiting.popleft()
            try:
                then = job()
            except BaseException as error:
                then = _raising(error)
            self._ended.append(then)
            del job, then


def _raising(error: BaseException) -> Then:
    def then() -> None:
        raise error

    return then
