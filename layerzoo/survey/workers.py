"""Examine files in parallel processes; a process that hangs or crashes affects only its file."""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from layerzoo.survey.examine import Limits, Row, examine


@dataclass
class _Worker:
    """A process that examines one file after another."""

    process: Any
    pipe: Connection
    path: Path | None = None
    deadline: float = 0.0

    def assign(self, path: Path, seconds: float) -> None:
        self.path, self.deadline = path, time.monotonic() + seconds
        self.pipe.send(path)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def survey(
    files: Sequence[Path],
    *,
    processes: int = 2,
    limits: Limits | None = None,
    lenient: bool = False,
    seen: Callable[[Row], None] | None = None,
) -> list[Row]:
    """Examine files in parallel.

    Args:
        files: the configs.
        processes: number of processes.
        limits: limits for each file; a process that exceeds them is terminated.
        lenient: ignore unknown fields and stub layers of unknown types.
        seen: called with each row when it is finished.

    Returns:
        A row for each file, in the order of ``files``.
    """
    rows: dict[Path, Row] = {}
    for row, path in _rows(files, max(1, min(processes, len(files))), limits or Limits(), lenient):
        rows[path] = row
        if seen is not None:
            seen(row)
    return [rows[path] for path in files]


def _rows(files: Sequence[Path], processes: int, limits: Limits, lenient: bool) -> Iterator[tuple[Row, Path]]:
    context = multiprocessing.get_context("spawn")
    waiting, workers = deque(files), list[_Worker]()

    def start() -> None:
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, limits, lenient, processes), daemon=True)
        process.start()
        there.close()
        worker = _Worker(process, here)
        worker.assign(waiting.popleft(), limits.seconds + _STARTUP)
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
                row = _result(worker, limits, late and worker.pipe not in ready)
                assert worker.path is not None
                yield row, worker.path
                if row.why.startswith(_ENDED) or not waiting:
                    worker.end()
                    workers.remove(worker)
                else:
                    worker.assign(waiting.popleft(), limits.seconds)
    finally:
        for worker in workers:
            worker.end()


_STARTUP = 30.0
"""Additional seconds for a process to start and import its modules."""
_MARGIN = 3
"""Address space of a process beyond its start, as a multiple of the memory limit of a net."""
_ENDED = "ended: "


def _result(worker: _Worker, limits: Limits, late: bool) -> Row:
    path = str(worker.path)
    if late:
        return Row(path, why=f"{_ENDED}exceeded the limit of {limits.seconds:g} s", seconds=limits.seconds)
    try:
        row: Row = worker.pipe.recv()
    except (EOFError, ConnectionError):
        worker.process.join()
        return Row(path, why=f"{_ENDED}its process exited with code {worker.process.exitcode}")
    return row


def _serve(pipe: Connection, limits: Limits, lenient: bool, processes: int) -> None:
    """Main loop of a process: receive a path, send back a row."""
    import logging
    import os
    import resource

    import torch

    logging.disable(logging.WARNING)
    here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (here + _MARGIN * limits.memory, hard))
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))
    while True:
        try:
            path = pipe.recv()
        except EOFError:
            return
        pipe.send(examine(path, limits, lenient=lenient))
