"""Which jobs start next, on which GPUs, and why the others wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from layerzoo.studio.jobs.job import Job
from layerzoo.studio.jobs.machine import Gpu


@dataclass
class Limits:
    """How much runs at a time.

    Attributes:
        cpu: jobs without a GPU.
        per_gpu: jobs on each GPU.
    """

    cpu: int = 1
    per_gpu: int = 1


@dataclass
class Plan:
    """What a queue does next.

    Attributes:
        starts: jobs that start, and the GPUs of each.
        waiting: jobs that wait, and why.
    """

    starts: list[tuple[Job, tuple[int, ...]]] = field(default_factory=list)
    waiting: list[tuple[Job, str]] = field(default_factory=list)


def place(job: Job) -> tuple[int, int]:
    """What the order of jobs that wait depends on."""
    return -job.order.priority, int(job.id)


def plan_of(jobs: Iterable[Job], limits: Limits, machine: Callable[[], list[Gpu]]) -> Plan:
    """Plan what starts next.

    Jobs start in their order; one that needs GPUs and one that needs none don't wait for each other, but
    none overtakes another one that waits for GPUs, which else might wait forever. Jobs of other kinds than
    training and tuning are short, and start at once.

    Args:
        jobs: all jobs.
        limits: how much runs at a time.
        machine: lists the GPUs; it is called only if a job needs one.
    """
    jobs = list(jobs)
    active = [job for job in jobs if job.is_active or job.starting]
    queued = sorted((job for job in jobs if job.state == "queued" and not job.starting), key=place)
    busy = sum(_is_long(job) and not job.order.gpus for job in active)
    taken = [number for job in active for number in job.on]
    known = machine() if any(job.order.gpus for job in queued) else []
    plan, held = Plan(), False
    for job in queued:
        on: tuple[int, ...] = ()
        if job.order.gpus:
            on = () if held else _choose(job.order.gpus, known, taken, limits.per_gpu)
            reason = "" if on else _why(job, known, limits, held)
            held = held or (not on and job.order.gpus <= len(known))
        elif _is_long(job) and busy >= limits.cpu:
            others = "another job" if limits.cpu == 1 else f"{limits.cpu} others"
            reason = f"{others} on the processors; at most {limits.cpu} at a time"
        else:
            reason = ""
            busy += _is_long(job)
        if reason:
            plan.waiting.append((job, reason))
        else:
            plan.starts.append((job, on))
            taken += on
    return plan


def _choose(count: int, machine: Sequence[Gpu], taken: Sequence[int], per_gpu: int) -> tuple[int, ...]:
    """That many GPUs, those with the least jobs and memory used; none if there aren't enough."""
    free = [gpu for gpu in machine if taken.count(gpu.index) < per_gpu]
    free.sort(key=lambda gpu: (taken.count(gpu.index), gpu.used, gpu.index))
    return tuple(gpu.index for gpu in free[:count]) if len(free) >= count else ()


def _why(job: Job, machine: Sequence[Gpu], limits: Limits, held: bool) -> str:
    """Why a job waits for its GPUs."""
    needed = f"needs {_gpus(job.order.gpus)}"
    if job.order.gpus > len(machine):
        there = (
            "there is none" if not machine else f"there {'is' if len(machine) == 1 else 'are'} {len(machine)}"
        )
        return f"{needed}, {there}"
    if held:
        return f"{needed}; a job before it waits for its own"
    return f"{needed}; others use them, at most {limits.per_gpu} on each"


def _gpus(count: int) -> str:
    return "a GPU" if count == 1 else f"{count} GPUs"


def _is_long(job: Job) -> bool:
    return job.order.kind in ("train", "tune")
