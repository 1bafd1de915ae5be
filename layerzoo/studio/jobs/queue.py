"""The queue: which job runs next, and on which GPUs."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from layerzoo.errors import UsageError
from layerzoo.studio.jobs.job import Job, write
from layerzoo.studio.jobs.machine import Gpu, gpus
from layerzoo.studio.jobs.order import Order
from layerzoo.studio.routing import NotFoundError
from layerzoo.studio.routing.record import read

_LOCK: Final = ".lock"
_LIMITS: Final = "limits.json"
_START_S: Final = 10.0
"""Time for a started process to say that it runs."""


@dataclass
class Limits:
    """How much runs at a time.

    Attributes:
        cpu: jobs without a GPU.
        per_gpu: jobs on each GPU.
    """

    cpu: int = 1
    per_gpu: int = 1


class Queue:
    """Jobs by their folders, in order of priority and time.

    Jobs of other kinds than training and tuning are short, and start at once. Several studios may share a
    folder: one at a time looks after it.

    Args:
        folder: the folder of all jobs.
        machine: lists the GPUs.

    """

    def __init__(self, folder: Path, machine: Callable[[], list[Gpu]] = gpus) -> None:
        self.folder = folder
        self._machine = machine
        self._lock = threading.RLock()
        self._seen: dict[str, str] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self._starting: dict[str, float] = {}
        self._ended: dict[str, tuple[int, Job]] = {}

    @property
    def limits(self) -> Limits:
        """How much runs at a time."""
        with suppress(OSError, ValueError, UsageError):
            return read(Limits, json.loads((self.folder / _LIMITS).read_text()))
        return Limits()

    @limits.setter
    def limits(self, limits: Limits) -> None:
        with self._held():
            write(self.folder / _LIMITS, vars(limits))

    def add(self, order: Order) -> Job:
        """Put a job into the queue."""
        with self._held():
            number = max((int(job.id) for job in self.jobs()), default=0) + 1
            job = Job(self.folder / f"{number:06}", order, time.time())
            job.save()
            return job

    def jobs(self) -> list[Job]:
        """All jobs, those that were asked for first come first."""
        with suppress(FileNotFoundError):
            names = sorted(path for path in self.folder.iterdir() if path.name.isdigit())
            return [job for path in names if (job := self._load(path)) is not None]
        return []

    def job(self, name: str) -> Job:
        """A job by its id.

        Raises:
            NotFoundError: there is none.
        """
        job = Job.load(self.folder / name) if name.isdigit() else None
        if job is None:
            raise NotFoundError(f"no job {name!r}")
        return job

    def waiting(self) -> list[Job]:
        """The jobs that wait, in the order in which they will start."""
        return sorted((job for job in self.jobs() if job.state == "queued"), key=_place)

    def stop(self, name: str) -> Job:
        """End a job; one that trains writes a snapshot first."""
        return self._ask(name, pause=False)

    def pause(self, name: str) -> Job:
        """End a job with a snapshot, to go on later.

        Raises:
            UsageError: it can't go on.
        """
        return self._ask(name, pause=True)

    def resume(self, name: str) -> Job:
        """Put a job that has ended back into the queue; it goes on from its newest snapshot.

        Raises:
            UsageError: it runs or waits, or can't go on.
        """
        with self._held():
            job = self.job(name)
            if job.is_active or job.state == "queued":
                raise UsageError(f"job {name} is {job.state} already")
            if job.started and not job.order.resumable:
                raise UsageError(f"job {name} can't go on from where it was; clone it to run it again")
            if job.started and "-resume" not in job.order.command:
                job.order.command = [*job.order.command, "-resume", "auto"]
                job.save()
            job.requeue()
            return self.job(name)

    def clone(self, name: str, user: str = "") -> Job:
        """A new job that runs the same from the beginning."""
        order = self.job(name).order
        command = list(order.command)
        if "-resume" in command:
            at = command.index("-resume")
            del command[at : at + 2]
        return self.add(Order(**{**vars(order), "command": command, "user": user}))

    def move(self, name: str, priority: int) -> Job:
        """Give a job another priority."""
        with self._held():
            job = self.job(name)
            job.order.priority = priority
            job.save()
            return job

    def remove(self, name: str) -> None:
        """Forget a job that has ended or waits; what it wrote elsewhere stays.

        Raises:
            UsageError: it runs.
        """
        with self._held():
            job = self.job(name)
            if job.is_active:
                raise UsageError(f"job {name} runs; stop it first")
            hidden = job.folder.with_name(f".removed-{job.id}-{time.time_ns()}")
            job.folder.rename(hidden)

    def restore(self, name: str) -> Job:
        """Bring back a job that was removed.

        Raises:
            NotFoundError: it wasn't.
        """
        with self._held():
            found = sorted(self.folder.glob(f".removed-{name}-*")) if name.isdigit() else []
            if not found or (self.folder / name).exists():
                raise NotFoundError(f"no removed job {name!r}")
            found[-1].rename(self.folder / name)
            return self.job(name)

    def tick(self) -> list[str]:
        """Start what may start.

        Returns:
            ids of the jobs that have changed, come or gone since the last call.
        """
        self._children = [child for child in self._children if child.poll() is None]
        with self._held(wait=False) as held:
            if held:
                self._start_next()
        now = {job.id: f"{job.state} {job.order.priority} {job.code}" for job in self.jobs()}
        changed = [name for name in {*now, *self._seen} if now.get(name) != self._seen.get(name)]
        self._seen = now
        return changed

    def _load(self, path: Path) -> Job | None:
        """The job of a folder; one that has ended is read again only when its folder has changed."""
        known = self._ended.get(path.name)
        changed = path.stat().st_mtime_ns
        if known is not None and known[0] == changed:
            return replace(known[1], order=replace(known[1].order))
        job = Job.load(path)
        if job is not None and job.has_ended and job.state != "lost":
            self._ended[path.name] = changed, job
        return job

    def _start_next(self) -> None:
        jobs, limits = self.jobs(), self.limits
        for name in [job.id for job in jobs if job.state != "queued"]:
            self._starting.pop(name, None)
        recent = time.monotonic() - _START_S
        starting = {name for name, at in self._starting.items() if at > recent}
        active = [job for job in jobs if job.is_active]
        queued = sorted((job for job in jobs if job.state == "queued" and job.id not in starting), key=_place)
        busy = sum(1 for job in active if _is_long(job) and not job.order.gpus)
        busy += sum(1 for job in jobs if job.id in starting and _is_long(job) and not job.order.gpus)
        machine = self._machine() if any(job.order.gpus for job in queued) else []
        taken = [number for job in active for number in job.on]
        for job in queued:
            if not _is_long(job):
                self._start(job, ())
            elif job.order.gpus:
                chosen = self._choose(job, machine, taken, limits.per_gpu)
                if chosen is not None:
                    self._start(job, chosen)
                    taken += chosen
            elif busy < limits.cpu:
                self._start(job, ())
                busy += 1

    def _choose(
        self, job: Job, machine: Sequence[Gpu], taken: Sequence[int], per_gpu: int
    ) -> tuple[int, ...] | None:
        """The GPUs for a job, those with the least jobs and memory used; None if there aren't enough."""
        free = [gpu for gpu in machine if taken.count(gpu.index) < per_gpu]
        free.sort(key=lambda gpu: (taken.count(gpu.index), gpu.used, gpu.index))
        needed = min(job.order.gpus, len(machine)) or job.order.gpus
        return tuple(gpu.index for gpu in free[:needed]) if len(free) >= needed else None

    def _start(self, job: Job, on: Sequence[int]) -> None:
        """Start the process of a job."""
        self._starting[job.id] = time.monotonic()
        self._children.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "layerzoo.studio.jobs.runner",
                    str(job.folder),
                    ",".join(map(str, on)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    def _ask(self, name: str, pause: bool) -> Job:
        with self._held():
            job = self.job(name)
            if job.has_ended:
                raise UsageError(f"job {name} has ended already")
            if pause and job.started and not job.order.resumable:
                raise UsageError(f"job {name} can't be paused; stop it and clone it later")
            job.wish("pause" if pause else "stop")
            if job.id not in self._starting or job.is_active:
                job.interrupt()
            return self.job(name)

    @contextmanager
    def _held(self, wait: bool = True) -> Iterator[bool]:
        """Have the queue for oneself, against other threads and other studios."""
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / _LOCK).open("a") as file:
                yield _locked(file.fileno(), wait)


def _locked(descriptor: int, wait: bool) -> bool:
    """Lock a file until it is closed; False if another process has it and this one doesn't wait."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _place(job: Job) -> tuple[int, int]:
    return -job.order.priority, int(job.id)


def _is_long(job: Job) -> bool:
    return job.order.kind in ("train", "tune")
