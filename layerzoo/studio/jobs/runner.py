"""The process that runs a job and writes how it ended: ``python -m layerzoo.studio.jobs.runner FOLDER``.

It has a session of its own, so that a job goes on when the studio ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from layerzoo.studio.jobs.job import END, OUTPUT, PROCESS, WISH, Job, born, write

_MISSING = 127


def main(folder: Path, gpus: tuple[int, ...]) -> int:
    """Run the job of a folder on some GPUs."""
    job = Job.load(folder)
    if job is None or job.state != "queued":  # it was stopped before it began
        return _MISSING
    pid = os.getpid()
    write(folder / PROCESS, {"pid": pid, "born": born(pid), "started": time.time(), "on": list(gpus)})
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if job.order.gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    with (folder / OUTPUT).open("ab") as output:
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "layerzoo", *job.order.command],
                cwd=job.order.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        except OSError as error:
            output.write(f"{error}\n".encode())
            code = _MISSING
        else:
            code = _wait(child, folder)
    write(folder / END, {"code": code, "ended": time.time()})
    return code


def _wait(child: subprocess.Popen[bytes], folder: Path) -> int:
    """Wait for the command's end; signals are passed on to it."""

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    if (folder / WISH).exists():  # asked for between the start of this process and of the command
        child.terminate()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), tuple(int(number) for number in sys.argv[2].split(",") if number)))
