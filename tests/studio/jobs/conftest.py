"""Queues whose jobs start quickly."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from layerzoo.studio.jobs import Gpu, Job, Order, Queue
from layerzoo.studio.jobs import queue as queue_module
from layerzoo.studio.jobs.job import PROCESS, _json, is_process

LIMIT_S = 240


def until(condition: Callable[[], Any], what: str = "") -> Any:
    """Wait for something to come true."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {LIMIT_S} s for {what or condition}")


class Bench:
    """A folder of jobs, and a queue over it."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.gpus: list[Gpu] = []
        self.queue = self.another()

    def another(self) -> Queue:
        """The queue of another studio, or of a new one, on the same folder."""
        return Queue(self.top / "jobs", lambda: self.gpus)

    def add(self, *command: str, **more: Any) -> Job:
        """Add a job with a folder of its own."""
        folder = self.top / f"work{len(list(self.top.iterdir()))}"
        folder.mkdir()
        return self.queue.add(Order(list(command), str(folder), " ".join(command), **more))

    def job(self, job: Job) -> Job:
        """The job now."""
        return self.queue.job(job.id)

    def run(self, job: Job, state: str, queue: Queue | None = None) -> Job:
        """Let the queue go on until a job has a state."""

        def reached() -> bool:
            (queue or self.queue).tick()
            return self.job(job).state == state

        until(reached, f"{job.order.title} to be {state}, not {self.job(job).state}")
        return self.job(job)

    def ready(self, job: Job) -> Job:
        """Wait until the command of a job listens for signals."""
        self.run(job, "running")
        until((Path(job.order.folder) / "ready").exists)
        return self.job(job)

    def pid(self, job: Job, name: str = "pid") -> int:
        """The process of a job."""
        until(lambda: name in _json(job.folder / PROCESS))
        pid = _json(job.folder / PROCESS)[name]
        assert isinstance(pid, int)
        return pid

    def end(self) -> None:
        """End all processes."""
        for job in self.queue.jobs():
            facts = _json(job.folder / PROCESS)
            for pid, birth in (("command", "command_born"), ("pid", "born")):
                if is_process(facts.get(pid), facts.get(birth)):
                    os.kill(facts[pid], signal.SIGKILL)
        for child in self.queue._children:
            if child.poll() is None:  # one that has not written yet that it runs
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A queue in an empty folder."""
    runner = Path(__file__).with_name("quick_runner.py")
    monkeypatch.setattr(queue_module, "RUNNER", [sys.executable, str(runner)])
    made = Bench(tmp_path)
    yield made
    made.end()


def gpu(index: int, used: int = 0) -> Gpu:
    """A GPU of 16 GiB."""
    return Gpu(index, "a GPU", used << 30, 16 << 30, 0)
