"""Run ``layerzoo train`` in child processes, with another config, within a time."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from layerzoo.errors import LayerzooError

_LAUNCHED: Final = (
    "RANK",
    "WORLD_SIZE",
    "LOCAL_RANK",
    "LOCAL_WORLD_SIZE",
    "MASTER_ADDR",
    "MASTER_PORT",
)
_SHOWN: Final = 12
"""Lines of a process's log that an error shows."""


_UPDATED: Final = re.compile(rb'^\{"updated":(\d{1,18}),', re.MULTILINE)
_TAIL: Final = 1 << 20
"""Bytes at the end of a file of hashes that hold the last update."""
TELL_EVERY: Final = 10.0
"""Seconds between two reports of a run that goes on."""
RunProgress = Callable[[str, str, int, float], None]


class TrainingFailedError(LayerzooError):
    """A child process that trains has ended with an error.

    Args:
        message: what it was to do, and the end of its log.
        exit_code: its exit code.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code if exit_code > 0 else 1


class OutOfTimeError(LayerzooError):
    """The time for all runs has passed."""


class TrainingRuns:
    """Starts ``layerzoo train`` for one solver in child processes, and waits for them.

    Args:
        command: the solver and the flags that all runs have, without ``-set``: ``-solver s.yaml -gpu 0``.
        overrides: ``PATH=VALUE`` of the ``-set`` that all runs have.
        folder: where the files of the runs are written.
        seconds: the time for all runs together; a process that still runs then is killed.
        progress: called with the name of a run and of its part when it starts, and while it goes on, with the
            iterations that it has done (0 at the start) and the seconds since.

    Attributes:
        folder, overrides: see above.
        commands: the command lines that were run, in order.
    """

    def __init__(
        self,
        command: Sequence[str],
        overrides: Sequence[str],
        folder: Path,
        seconds: float,
        progress: RunProgress | None = None,
    ) -> None:
        self.folder, self.overrides = folder, tuple(overrides)
        self.commands: list[str] = []
        self._command, self._seconds, self._progress = list(command), seconds, progress
        self._ends_at = time.monotonic() + seconds

    def prefix(self, name: str) -> Path:
        """The ``snapshot_prefix`` of a run."""
        return self.folder / name / "run"

    def train(
        self,
        name: str,
        life: str,
        settings: Sequence[str] = (),
        flags: Sequence[str] = (),
        *,
        killed: bool = False,
        processes: int = 1,
    ) -> list[Path]:
        """Train in one or several processes.

        Args:
            name: name of the run; its files are in a folder of this name.
            life: name of the files of this part of the run.
            settings: ``PATH=VALUE`` of further ``-set``.
            flags: further flags.
            killed: the process has to end by SIGKILL.
            processes: number of processes that train together.

        Returns:
            the files of the hashes of each process.

        Raises:
            OutOfTimeError: the time has passed.
            TrainingFailedError: a process ended with an error.
        """
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        hashes, log = folder / f"{life}.jsonl", folder / f"{life}.log"
        words = ["train", *self._command, *flags, f"-hashes={hashes}"]
        for setting in (*self.overrides, *settings, f"snapshot_prefix={self.prefix(name)}"):
            words += ["-set", setting]
        self.commands.append(shlex.join(["layerzoo", *words]))
        files = [hashes, *(Path(f"{hashes}.rank{rank}") for rank in range(1, processes))]
        for file in files:
            file.unlink(missing_ok=True)
        with log.open("wb") as output:
            children = [
                subprocess.Popen(
                    [sys.executable, "-P", "-m", "layerzoo", *words],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=environment,
                )
                for environment in child_environments(processes)
            ]
            codes = self._wait(children, name, life, hashes)
        wanted = -signal.SIGKILL if killed else 0
        if wrong := [code for code in codes if code != wanted]:
            raise TrainingFailedError(self._failure(name, log, wrong[0]), wrong[0])
        return files

    def _wait(
        self, children: Sequence[subprocess.Popen[bytes]], name: str, life: str, hashes: Path
    ) -> list[int]:
        begun = told = time.monotonic()
        try:
            if self._progress is not None:
                self._progress(name, life, 0, 0.0)
            while any(child.poll() is None for child in children):
                left = self._ends_at - time.monotonic()
                if left <= 0:
                    raise subprocess.TimeoutExpired(name, self._seconds)
                with suppress(subprocess.TimeoutExpired):
                    next(child for child in children if child.returncode is None).wait(min(left, 1.0))
                now = time.monotonic()
                if self._progress is not None and now - told >= TELL_EVERY:
                    told = now
                    self._progress(name, life, _updates(hashes), now - begun)
            return [child.wait() for child in children]
        except subprocess.TimeoutExpired:
            raise OutOfTimeError(
                f"the run '{name}' did not end within the {self._seconds:g} seconds of -max_time for all "
                "runs: give more, or fewer -iterations"
            ) from None
        finally:
            for child in children:
                child.kill()
                child.wait()

    def _failure(self, name: str, log: Path, code: int) -> str:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        begin = next((i for i, line in enumerate(lines) if line.startswith("error:")), -_SHOWN)
        shown = "\n".join(f"    {line}" for line in lines[begin:][:_SHOWN])
        ended = f"exit code {code}" if code >= 0 else f"signal {-code}"
        return f"the run '{name}' ended with {ended}:\n{shown}\n    {self.commands[-1]}"


def _updates(hashes: Path) -> int:
    """The last iteration whose hashes have been written; 0 without one."""
    with suppress(OSError), hashes.open("rb") as file:
        file.seek(max(0, hashes.stat().st_size - _TAIL))
        found = _UPDATED.findall(file.read())
        return int(found[-1]) if found else 0
    return 0


def child_environments(processes: int) -> list[dict[str, str]]:
    """The environment of each process: the modules are found where this one finds them."""
    known = {name: value for name, value in os.environ.items() if name not in _LAUNCHED}
    known["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    if processes == 1:
        return [known]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    known |= {"WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes)}
    return [{**known, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes)]
