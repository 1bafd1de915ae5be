"""The process that runs a job and writes how it ended: ``python -m layerzoo.studio.jobs.runner FOLDER``.

It has a session of its own, so that a job goes on when the studio ends. While it runs it holds a lock of the
job's folder, so that two of them, started by two studios, never run the same job.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, Final

from layerzoo.home import PACKAGE
from layerzoo.studio.jobs.job import END, LOCK, OUTPUT, PROCESS, WISH, Job, born, write

PROGRAM: Final = [sys.executable, "-P", "-m", "layerzoo"]
"""``-P`` keeps modules in the folder that a job runs in from being imported."""
_MISSING: Final = 127
_TRIES: Final = 600
"""Tries to write how a job has ended, one a second: a disk can be full for a while."""


def main(folder: Path) -> int:
    """Run the job of a folder."""
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # another one runs it
            return _MISSING
        return _Runner(folder).run()


class _Runner:
    """Runs a job's command; signals are passed on to it.

    Args:
        folder: the job's.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._signal = 0

    def run(self) -> int:
        """Run it; returns its exit code."""
        job = Job.load(self._folder)
        if job is None or job.state != "queued":  # it was stopped before it began
            return _MISSING
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._pass_on)
        pid = os.getpid()
        facts: dict[str, Any] = {"pid": pid, "born": born(pid), "started": time.time()}
        command = job.command  # before there is any output, which says that it has run
        write(self._folder / PROCESS, facts)
        with (self._folder / OUTPUT).open("ab") as output:
            try:
                self._child = _started(job, command, output.fileno())
            except OSError as error:
                output.write(f"{error}\n".encode())
                return self._end(_MISSING)
        child = self._child
        write(self._folder / PROCESS, {**facts, "command": child.pid, "command_born": born(child.pid)})
        if self._signal or (self._folder / WISH).exists():  # it was asked for while the command started
            child.send_signal(self._signal or signal.SIGTERM)
        return self._end(child.wait())

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._signal = number
        if self._child is not None:
            self._child.send_signal(number)

    def _end(self, code: int) -> int:
        for left in reversed(range(_TRIES)):
            try:
                write(self._folder / END, {"code": code, "ended": time.time()})
                return code
            except OSError:
                if left:
                    time.sleep(1)
        return code


def _started(job: Job, command: list[str], output: int) -> subprocess.Popen[bytes]:
    """Start the command."""
    known = os.environ.get("PYTHONPATH", "")
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), *filter(None, [known])]),
    }
    if job.order.gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, job.on))
    return subprocess.Popen(
        [*PROGRAM, *command],
        cwd=job.order.folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
