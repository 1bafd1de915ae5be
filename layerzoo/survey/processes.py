"""Apply a function to files in parallel processes; one that hangs or crashes affects only its file."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, TypeVar

R = TypeVar("R")

_STARTUP: Final = 30.0
"""Additional seconds for a process to start and import its modules."""
_PATIENCE: Final = 30.0
"""Time for a file, as a multiple of its CPU time, after which its process is taken to hang."""
_MARGIN: Final = 3
"""Address space of a process beyond its start, as a multiple of the memory limit of a net."""


@dataclass(frozen=True)
class Ended:
    """The process of a file ended, or was killed, before it had a result.

    Attributes:
        why: the reason.
    """

    why: str


@dataclass
class _Worker:
    """A process that works on one file after another."""

    process: Any
    pipe: Connection
    path: Path | None = None
    deadline: float = 0.0

    def assign(self, path: Path, seconds: float) -> None:
        self.path, self.deadline = path, time.monotonic() + _PATIENCE * seconds
        self.pipe.send(path)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_each(
    work: Callable[[Path], R], files: Sequence[Path], *, processes: int, seconds: float, memory: int
) -> Iterator[tuple[Path, R | Ended]]:
    """Apply a function to each file, in the order in which they finish.

    Args:
        work: the function; it and its results can be pickled.
        files: the files.
        processes: number of processes.
        seconds: limit of CPU time for a file, after which its process is killed; one that hangs, without
            using the CPU, is killed after thirty times as long.
        memory: bytes that a net may need; three times as much of address space is given to a process.
    """
    context = multiprocessing.get_context("spawn")
    waiting, workers = deque(files), list[_Worker]()
    processes = max(1, min(processes, len(files)))

    def start() -> None:
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, work, memory, processes, seconds), daemon=True)
        process.start()
        there.close()
        worker = _Worker(process, here)
        worker.assign(waiting.popleft(), seconds + _STARTUP)
        workers.append(worker)

    try:
        while waiting or workers:
            while waiting and len(workers) < processes:
                start()
            patience = max(0.0, min(w.deadline for w in workers) - time.monotonic())
            ready = wait([w.pipe for w in workers], patience)
            for worker in list(workers):
                late = time.monotonic() > worker.deadline
                if worker.pipe not in ready and not late:
                    continue
                result = _result(worker, seconds, late and worker.pipe not in ready)
                assert worker.path is not None
                yield worker.path, result
                if isinstance(result, Ended) or not waiting:
                    worker.end()
                    workers.remove(worker)
                else:
                    worker.assign(waiting.popleft(), seconds)
    finally:
        for worker in workers:
            worker.end()


def _result(worker: _Worker, seconds: float, late: bool) -> Any:
    if late:
        return Ended(f"had no result after {_PATIENCE * seconds:g} s")
    try:
        return worker.pipe.recv()
    except (EOFError, ConnectionError):
        worker.process.join()
        if worker.process.exitcode == -signal.SIGPROF:
            return Ended(f"exceeded the limit of {seconds:g} s of CPU time")
        return Ended(f"its process exited with code {worker.process.exitcode}")


def _serve(pipe: Connection, work: Callable[[Path], R], memory: int, processes: int, seconds: float) -> None:
    """Main loop of a process: receive a path, send back its result.

    The system counts the CPU time of all threads, and ends the process by SIGPROF when a file has used it up.
    """
    import logging
    import os
    import resource

    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Ctrl-C its parent ends it

    logging.disable(logging.WARNING)
    here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (here + _MARGIN * memory, hard))
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))
    for path in iter(partial(_next, pipe), None):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        result = work(path)
        signal.setitimer(signal.ITIMER_PROF, 0)
        try:
            pipe.send(result)
        except BrokenPipeError:  # the parent was killed
            return


def _next(pipe: Connection) -> Path | None:
    try:
        path: Path = pipe.recv()
    except EOFError:
        return None
    return path
