"""The queue: which job runs next, and on which GPUs."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from layerzoo.errors import UsageError
from layerzoo.home import PACKAGE
from layerzoo.studio.jobs.job import START, Job, write
from layerzoo.studio.jobs.machine import Gpu, gpus
from layerzoo.studio.jobs.order import Order
from layerzoo.studio.jobs.schedule import Limits, place, plan_of
from layerzoo.studio.routing import NotFoundError
from layerzoo.studio.routing.record import read

_LOCK: Final = ".lock"
_LIMITS: Final = "limits.json"
_COPY: Final = re.compile(r"-\d+$")
_NUMBER: Final = re.compile(r"(?:\.removed-)?(\d+)(?:-\d+)?")
RUNNER: Final = [sys.executable, "-P", "-m", "layerzoo.studio.jobs.runner"]
_PRIORITY: Final = 1000
"""The highest priority; the lowest is its opposite."""


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
            used = [_NUMBER.fullmatch(path.name) for path in self.folder.iterdir()]
            number = max((int(found[1]) for found in used if found), default=0) + 1
            job = Job(self.folder / f"{number:06}", order, time.time())
            job.folder.mkdir()
            try:
                job.save()
            except OSError:
                job.folder.rmdir()
                raise
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
        return sorted((job for job in self.jobs() if job.state == "queued"), key=place)

    def why(self) -> dict[str, str]:
        """Why each job that waits does so, by its id."""
        plan = plan_of(self.jobs(), self.limits, self._machine)
        return {job.id: reason for job, reason in plan.waiting}

    def stop(self, name: str) -> Job:
        """End a job; one that trains writes a snapshot first.

        Raises:
            UsageError: it has ended.
        """
        return self._ask(name, "stop")

    def pause(self, name: str) -> Job:
        """End a job with a snapshot, to go on later.

        Raises:
            UsageError: it has ended, or can't go on.
        """
        return self._ask(name, "pause")

    def kill(self, name: str) -> Job:
        """End a job at once, without a snapshot.

        Raises:
            UsageError: it doesn't run.
        """
        return self._ask(name, "kill")

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
            job.requeue()
            self._ended.pop(name, None)
            return self.job(name)

    def clone(self, name: str, user: str = "") -> Job:
        """A new job that runs the same from the beginning; training writes a run of its own."""
        order = self.job(name).order
        command, run = list(order.command), order.run
        if run and command[:1] == ["train"]:
            run = self._free(order)
            command += ["-set", f"snapshot_prefix={run}"]
        return self.add(replace(order, command=command, run=run, user=user))

    def move(self, name: str, priority: int) -> Job:
        """Give a job another priority.

        Raises:
            UsageError: it is too high or too low.
        """
        if abs(priority) > _PRIORITY:
            raise UsageError(f"priority {priority}; expected -{_PRIORITY} to {_PRIORITY}")
        with self._held():
            return self._move(self.job(name), priority)

    def place(self, name: str, place: int) -> Job:
        """Give a job that waits another place in the queue, from 1, by raising priorities.

        Raises:
            UsageError: it doesn't wait.
        """
        with self._held():
            order = self.waiting()
            job = next((one for one in order if one.id == name), None)
            if job is None:
                raise UsageError(f"job {name} doesn't wait")
            order.remove(job)
            order.insert(max(0, min(place - 1, len(order))), job)
            later = order[-1]
            if later is job and len(order) > 1:
                self._move(job, order[-2].order.priority - (int(job.id) < int(order[-2].id)))
            for one in reversed(order[:-1]):
                needed = later.order.priority + (int(one.id) > int(later.id))
                if one.order.priority < needed or (one is job and one.order.priority != needed):
                    self._move(one, needed)
                later = one
            return self.job(name)

    def remove(self, name: str) -> None:
        """Forget a job that has ended or waits; what it wrote elsewhere stays.

        Raises:
            UsageError: it runs.
        """
        with self._held():
            job = self.job(name)
            if job.is_active or job.starting:
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
        for job, on in plan_of(self.jobs(), self.limits, self._machine).starts:
            write(job.folder / START, {"at": time.time(), "on": list(on)})
            self._children.append(
                subprocess.Popen(
                    [*RUNNER, str(job.folder)],
                    env={**os.environ, "PYTHONPATH": _path()},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )

    def _free(self, order: Order) -> str:
        """The prefix of a run beside that of an order, which no folder and no job has yet."""
        folder, prefix = Path(order.folder), _COPY.sub("", order.run.removesuffix(".run"))
        used = {job.order.run.removesuffix(".run") for job in self.jobs()}
        names = (f"{prefix}-{number}" for number in itertools.count(2))
        return next(name for name in names if name not in used and not (folder / f"{name}.run").exists())

    def _move(self, job: Job, priority: int) -> Job:
        job.order.priority = priority
        job.save()
        self._ended.pop(job.id, None)
        return job

    def _ask(self, name: str, wish: Literal["stop", "pause", "kill"]) -> Job:
        with self._held():
            job = self.job(name)
            if job.has_ended:
                raise UsageError(f"job {name} has ended already")
            if wish == "kill" and not job.is_active:
                raise UsageError(f"job {name} doesn't run")
            if wish == "pause" and job.started and not job.order.resumable:
                raise UsageError(f"job {name} can't be paused; stop it and clone it later")
            job.wish(wish)
            job = self.job(name)  # its process may have begun in between, and have missed the wish
            if job.is_active:
                job.signal(signal.SIGKILL if wish == "kill" else signal.SIGTERM)
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


def _path() -> str:
    """Where the process of a job finds this package, whichever folder it runs in."""
    return os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
