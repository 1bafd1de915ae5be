"""Processes that read batches: order, errors, death, and what they leave behind."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.samples import Array
from layerzoo.data.workers import Workers
from layerzoo.errors import BatchError, DataError

DEADLINE = 50.0
"""Seconds, 10 times those in which a dead process has to be named."""


class Counting:
    """Batch k is the number k and the process that read it; batch 7 can't be read."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.worker = seconds, -1
        self.skipped: dict[int, str] = {}

    def enter(self, worker: int) -> None:
        self.worker = worker

    def read(self, number: int) -> Sequence[Array]:
        time.sleep(self.seconds)
        if number == 7:
            raise BatchError("sample 7 is odd", "remove it")
        if number == 8:
            raise type("Unknown", (Exception,), {})("no class of the parent's")
        if number == 9:
            logging.getLogger("layerzoo").warning("100 %% of %s", "batch 9")
        return [np.full((2, 3), number, np.float32), np.array([self.worker, os.getpid()])]

    def newly_skipped(self) -> dict[int, str]:
        return {self.worker: "damaged"}

    def add_skipped(self, skipped: dict[int, str]) -> None:
        self.skipped |= skipped

    def describe(self, number: int) -> str:
        return f"batch {number}"


Start = Callable[..., "Workers[list[Array]]"]


@pytest.fixture
def start() -> Iterator[Start]:
    made: list[Workers[list[Array]]] = []

    def starts(count: int = 2, seconds: float = 0.0, cycle: int = 1 << 30) -> Workers[list[Array]]:
        def take(arrays: Sequence[Array]) -> list[Array]:
            return [array.copy() for array in arrays]

        workers = Workers(Counting(seconds), count, 1 << 16, take, lambda k: (k + 1) % cycle, "data")
        made.append(workers)
        return workers

    yield starts
    for workers in made:
        workers.close()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter if it ends while its state is read
        return False


def until(done: Callable[[], bool]) -> bool:
    end = time.monotonic() + DEADLINE
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("count", [1, 2, 4])
def test_batches_come_in_order_from_every_process(start: Start, count: int) -> None:
    workers = start(count)
    batches = [workers.get(number) for number in (0, 1, 2, 3, 4, 5)]
    assert [float(values[0, 0]) for values, _ in batches] == [0, 1, 2, 3, 4, 5]
    assert {int(read[0]) for _, read in batches} == set(range(count))
    assert {int(read[1]) for _, read in batches} == set(workers.pids)
    assert os.getpid() not in workers.pids


def test_batches_can_be_asked_for_in_any_order(start: Start) -> None:
    workers = start(3)
    order = [5, 6, 2, 3, 1000, 0, 0]
    assert [float(workers.get(number)[0][0, 0]) for number in order] == order


def test_batches_follow_the_cycle(start: Start) -> None:
    workers = start(cycle=3)
    assert [float(workers.get(number)[0][0, 0]) for number in (1, 2, 0, 1)] == [1, 2, 0, 1]


def test_a_batch_larger_than_its_place_is_passed_too() -> None:
    big = Workers(_Big(), 1, 8, lambda arrays: [array.copy() for array in arrays], lambda k: k + 1, "data")
    try:
        assert big.get(3)[0].tolist() == [3.0] * 100_000
    finally:
        big.close()


class _Big(Counting):
    def read(self, number: int) -> Sequence[Array]:
        return [np.full(100_000, number, np.float32)]


def test_a_killed_process_is_named_at_once(start: Start) -> None:
    workers = start(2, seconds=0.01)
    workers.get(0)
    pid = workers.pids[1]
    os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()
    said = rf"(?s)'data': .*pid {pid}\) was killed by SIGKILL at batch \d+.*fewer workers"
    with pytest.raises(DataError, match=said):
        list(map(workers.get, range(1, 6)))
    assert time.monotonic() - begun < DEADLINE
    assert not workers.pids


def test_processes_end_when_closed_or_collected(start: Start) -> None:
    workers = start(2)
    workers.get(0)
    pids = workers.pids
    workers.close()
    assert not any(map(alive, pids))
    dropped = Workers(Counting(), 2, 64, list, lambda k: k + 1, "data")
    pids = dropped.pids
    del dropped
    gc.collect()
    assert not any(map(alive, pids))


def test_handles_are_freed_with_the_processes(start: Start) -> None:
    start(2).close()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(10):
        workers = start(2)
        workers.get(0)
        workers.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tests.data.test_workers import Counting
from layerzoo.data.workers import Workers
first, second = (Workers(Counting(0.2), 2, 64, list, lambda k: k + 1, "data") for _ in range(2))
first.get(0)
print(*first.pids, *second.pids, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["time.sleep(1000)", "", "raise SystemExit(3)", "1 / 0"])
def test_processes_end_with_their_parent(end: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(end=end), str(Path.cwd())],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        pids = list(map(int, process.stdout.readline().split()))
        assert len(pids) == 4
        if "sleep" in end:
            process.kill()
        assert process.wait(DEADLINE) == {"time.sleep(1000)": -9, "": 0, "raise SystemExit(3)": 3}.get(end, 1)
        assert until(lambda: not any(map(alive, pids)))


def _leave_open() -> None:
    workers: Workers[int] = Workers(
        Counting(), 2, 1 << 16, lambda arrays: int(arrays[0][0, 0]), lambda k: k + 1, "data"
    )
    assert workers.get(0) == 0
    _LEFT.append(workers)  # a reference that outlives the function, as that of a cached net does


_LEFT: list[Workers[int]] = []


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_end_with_a_process_of_multiprocessing(method: str) -> None:
    process = multiprocessing.get_context(method).Process(target=_leave_open)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    process.join(DEADLINE)
    code = process.exitcode
    process.kill()
    process.join()
    assert code == 0


class Computing(Counting):
    """A batch takes 2 seconds of processor time."""

    def read(self, number: int) -> Sequence[Array]:
        end = time.process_time() + 2
        while time.process_time() < end:
            pass
        return super().read(number)


def test_processes_that_take_long_are_reported(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("layerzoo.data.workers._LONGEST_WAIT", 0.7)
    workers = Workers(Computing(), 1, 1 << 16, lambda arrays: float(arrays[0][0, 0]), lambda k: k + 1, "data")
    with caplog.at_level("WARNING", "layerzoo"):
        assert workers.get(3) == 3
    (pid,) = workers.pids
    workers.close()
    expected = f"Layer 'data': no batch for 1 seconds; the processes that read it ({pid}) are still computing"
    assert caplog.records[0].getMessage() == expected


def test_a_process_that_hangs_is_named(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    monkeypatch.setattr("layerzoo.data.workers._LONGEST_WAIT", 0.05)
    workers = start(1, seconds=1000.0)
    with pytest.raises(DataError, match=r"'data': .* didn't answer for 0 seconds at batch 3"):
        workers.get(3)
    assert not workers.pids
