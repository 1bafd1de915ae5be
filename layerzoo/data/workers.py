"""Processes that read batches, and pass them on in shared memory.

The processes are forked, so they have the opened source without a copy, and a batch costs one copy out of
memory that they share: nothing is pickled but shapes. A process that dies closes its connection, which is
noticed at once. Processes, not threads: an image that crashes its decoder ends one process, and Python code
of the steps runs in parallel.
"""

from __future__ import annotations

import atexit
import logging
import mmap
import multiprocessing
import os
import signal
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from layerzoo.data.prefetch import end_all
from layerzoo.data.samples import Array
from layerzoo.data.shared_arrays import arrays_in
from layerzoo.data.worker import IGNORED, Job, serve
from layerzoo.errors import DataError, LayerzooError

log = logging.getLogger("layerzoo")

T = TypeVar("T")

_TASKS: Final = 2
"""Batches that a process has at a time: the one that it reads and the next."""
_SPARE_SLOTS: Final = 2
"""Places for batches that are ready, beside those that are being read."""
_WAIT_AT_END: Final = 2.0
"""Seconds that a process may take to end by itself."""
_LONGEST_WAIT: Final = 60.0
"""Seconds without an answer after which the processes are looked at."""


class _Process(NamedTuple):
    """A process, the connection to it, and the numbers of its batches in order."""

    process: BaseProcess
    connection: Connection
    tasks: deque[int]


class _Result(NamedTuple):
    """A batch that is ready, or the error that prevented it.

    Attributes:
        arrays: dtype and shape of each array in the slot, or the arrays themselves if they don't fit.
        error: what to raise; None for a batch.
    """

    arrays: Sequence[Any]
    error: BaseException | None
    slot: int


class Workers(Generic[T]):
    """Processes that read batches in parallel; `get` returns them in order.

    Args:
        job: reads a batch.
        count: number of processes.
        size: bytes of a batch, about; a larger one is passed by the connection, which is slower.
        take: makes of a batch's arrays what `get` returns; it must copy them.
        after: the number of the batch that follows one.
        name: name of the layer, for messages.
    """

    def __init__(
        self,
        job: Job,
        count: int,
        size: int,
        take: Callable[[Sequence[Array]], T],
        after: Callable[[int], int],
        name: str,
    ) -> None:
        self._job, self._take, self._after, self._name = job, take, after, name
        slots = count + _SPARE_SLOTS
        self._slots = [mmap.mmap(-1, max(size, mmap.PAGESIZE)) for _ in range(slots)]
        self._free = list(range(slots))
        self._next: int | None = None
        self._assign = 0
        self._round = 0
        self._results: dict[int, _Result] = {}
        self._processes: list[_Process] = []
        self._used: list[float | None] = []
        self._pid = os.getpid()
        _LIVE.add(self)
        if self._pid not in _ENDING_IN:
            _ENDING_IN.add(self._pid)
            Finalize(None, _end_all, exitpriority=0)
        self._finalizer = weakref.finalize(self, _end, self._processes, self._pid)
        try:
            for worker in range(count):
                self._start(worker)
        except BaseException:
            self.close()
            raise

    @property
    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [process.pid or 0 for process, _, _ in self._processes]

    def get(self, number: int) -> T:
        """Return the batch of that number; blocks until it is ready.

        Raises:
            DataError: a process has died.
            Exception: what reading the batch raised.
        """
        if number != self._next:
            self._restart(number)
        self._hand_out()
        while number not in self._results:
            self._receive()
            self._hand_out()
        result = self._results.pop(number)
        self._next = self._after(number)
        try:
            if result.error is not None:
                raise result.error
            return self._take(arrays_in(result.arrays, self._slots[result.slot]))
        finally:
            self._free.append(result.slot)
            self._hand_out()

    def close(self) -> None:
        """End the processes."""
        self._finalizer()
        self._processes.clear()

    def connections(self) -> list[Connection]:
        """The parent's ends of the connections, which another process has to close."""
        return [connection for _, connection, _ in self._processes]

    def _start(self, worker: int) -> None:
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        inherited = [ours, *(each for workers in list(_LIVE) for each in workers.connections())]
        arguments = (self._job, worker, theirs, inherited, self._slots, os.getpid())
        process = context.Process(target=serve, args=arguments, name=f"layerzoo-data-{worker}", daemon=True)
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)  # until the child ignores them
        try:
            with warnings.catch_warnings():
                # Python warns of forks with threads; a child uses none of their locks that isn't renewed
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
        self._processes.append(_Process(process, ours, deque()))

    def _restart(self, number: int) -> None:
        """Continue with another batch; results that are on their way are dropped."""
        self._round += 1
        self._free.extend(result.slot for result in self._results.values())
        self._results.clear()
        self._assign = number

    def _hand_out(self) -> None:
        """Give the processes batches to read, as long as there are places for them."""
        while self._free:
            least = min(self._processes, key=lambda each: len(each.tasks))
            if len(least.tasks) >= _TASKS:
                return
            slot = self._free.pop()
            try:
                least.connection.send((self._round, self._assign, slot))
            except OSError:
                raise self._died(least) from None
            least.tasks.append(self._assign)
            self._assign = self._after(self._assign)

    def _receive(self) -> None:
        """Wait for a process and take its answer."""
        by_connection = {each.connection: each for each in self._processes}
        ready_ones = wait(list(by_connection), _LONGEST_WAIT)
        if not ready_ones:
            self._check_progress()
        for ready in ready_ones:
            each = by_connection[ready]  # type: ignore[index]  # only connections are given
            try:
                round_number, number, slot, arrays, error, skipped, records = each.connection.recv()
            except (EOFError, OSError):
                raise self._died(each) from None
            each.tasks.popleft()
            for record in records:
                log.log(*record)
            if skipped:
                self._job.add_skipped(skipped)
            if round_number == self._round:
                self._results[number] = _Result(arrays, error, slot)
            else:
                self._free.append(slot)

    def _check_progress(self) -> None:
        """Report that no process answers; end one that doesn't compute either, and raise.

        Raises:
            DataError: one does neither.
        """
        used = [_seconds_of(pid) for pid in self.pids]
        before, self._used = self._used, used
        for each, now, then in zip(self._processes, used, before, strict=False):
            if each.tasks and now is not None and now == then:
                each.process.kill()
                raise self._died(each, f"didn't answer for {2 * _LONGEST_WAIT:.0f} seconds")
        pids = ", ".join(map(str, self.pids))
        what = "Layer '%s': no batch for %.0f seconds; the processes that read it (%s) are still computing"
        log.warning(what, self._name, _LONGEST_WAIT, pids)

    def _died(self, each: _Process, how: str = "ended") -> LayerzooError:
        """End all processes; what to say of one that died."""
        pid, reading = each.process.pid, each.tasks[0] if each.tasks else self._assign
        each.process.join(_WAIT_AT_END)
        code = each.process.exitcode
        self.close()
        hint = "workers: 0 in reading_param reads in this process"
        if how == "ended" and code is not None and code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
            if -code == signal.SIGKILL:
                hint = f"if memory ran out, choose fewer workers; {hint}"
        what = f"the process that reads for it (pid {pid}) {how} at {self._job.describe(reading)}"
        return DataError(f"layer '{self._name}': {what}", hint)


_LIVE: weakref.WeakSet[Workers[Any]] = weakref.WeakSet()
_ENDING_IN: Final[set[int]] = set()
"""The ids of the processes that end theirs by multiprocessing too: one that it started, such as that of a
pool, runs no functions of atexit, and would wait for ever for processes that ignore its signal."""


@atexit.register
def _end_all() -> None:
    """End all processes at exit; registered after multiprocessing's own, so it runs before."""
    end_all()  # the threads that wait for them first
    for workers in list(_LIVE):
        workers.close()


def _end(processes: Sequence[_Process], pid: int) -> None:
    """End processes: they end by themselves when their connection is closed, or are killed."""
    if pid != os.getpid():
        return  # forked: they are the parent's
    for _, connection, _ in processes:
        with suppress(OSError):
            connection.close()
    for process, _, _ in processes:
        process.join(_WAIT_AT_END)
        if process.exitcode is None:
            process.kill()
            process.join()
        process.close()


def _seconds_of(pid: int) -> float | None:
    """Processor time of a process and of those that it waited for; None where the system doesn't tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
