"""What a process does that reads batches for another: read, write into shared memory, say what happened."""

from __future__ import annotations

import logging
import mmap
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol

from layerzoo.data.samples import Array
from layerzoo.data.shared_arrays import put_arrays

log = logging.getLogger("layerzoo")

_LOOK_EVERY: Final = 1.0
"""Seconds between a process's checks that its parent is alive."""
IGNORED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals of terminals and schedulers, which a process ignores: its parent decides."""


class Job(Protocol):
    """What the processes do."""

    def enter(self, worker: int) -> None:
        """Prepare to run in process ``worker``, from 0; called in it once."""

    def read(self, number: int) -> Sequence[Array]:
        """The arrays of a batch."""

    def newly_skipped(self) -> dict[int, str]:
        """The samples that were skipped since the last call, each with the reason."""

    def add_skipped(self, skipped: dict[int, str]) -> None:
        """Count samples that a process has skipped; called in the parent."""

    def describe(self, number: int) -> str:
        """A batch in messages."""


class _Records(logging.Handler):
    """Collects what a process logs; its parent logs it."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((record.levelno, record.getMessage()))


def serve(
    job: Job,
    worker: int,
    connection: Connection,
    inherited: Sequence[Connection],
    slots: Sequence[mmap.mmap],
    parent: int,
) -> None:
    """Read batches until the connection closes; runs in a process of its own, and ends it.

    Args:
        job: reads a batch.
        worker: number of the process, from 0.
        connection: brings the round, number and slot of each batch, and takes the answer.
        inherited: the parent's ends of connections, which are closed: else no process would notice that the
            parent has ended.
        slots: places for batches.
        parent: id of the parent.
    """
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, IGNORED)
    code = 0
    try:
        for each in inherited:
            each.close()
        if "cv2" in sys.modules:
            sys.modules["cv2"].setNumThreads(0)  # its threads don't exist after a fork
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)  # nor do OpenMP's, for which it would wait for ever
        records = _Records()
        log.handlers, log.propagate = [records], False
        job.enter(worker)
        while True:
            while not connection.poll(_LOOK_EVERY):
                if os.getppid() != parent:
                    return
            round_number, number, slot = connection.recv()
            arrays, error = _read(job, number, slots[slot])
            connection.send((round_number, number, slot, arrays, error, job.newly_skipped(), records.records))
            records.records = []
    except (EOFError, OSError):
        pass  # the parent has ended, or needs no more batches
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)  # without the parent's exit handlers


def _read(job: Job, number: int, slot: mmap.mmap) -> tuple[list[Any], BaseException | None]:
    """Read a batch into a slot; the error if that fails."""
    try:
        return put_arrays(job.read(number), slot), None
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            return [], RuntimeError("".join(traceback.format_exception(error)))
        return [], error
