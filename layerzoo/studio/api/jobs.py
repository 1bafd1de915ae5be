"""Jobs: the queue, what they print, and what users ask of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from layerzoo.errors import UsageError
from layerzoo.runs import SUFFIX
from layerzoo.studio.index.summary import id_of
from layerzoo.studio.jobs import Job, Limits
from layerzoo.studio.jobs.order import shown
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request


@dataclass
class Times:
    """Times in seconds since 1970; 0 if it isn't so yet."""

    created: float
    started: float
    ended: float


@dataclass
class GpuUse:
    """How many GPUs a job needs, and those that it has."""

    needed: int
    on: list[int]


@dataclass
class JobView:
    """A job, as users see it.

    Attributes:
        id: its number.
        title, kind, user: as it was asked for.
        command: as users type it.
        folder: where it runs.
        state: queued, running, stopping, paused, done, failed, stopped or lost.
        times: when it was asked for, started and ended.
        code: exit code.
        priority: the higher comes first.
        gpus: GPUs that it needs and has.
        run: id of the run that it writes; empty if it writes none.
        resumable: whether it can be paused, and go on after it has ended.
        place: its place in the queue from 1; 0 if it doesn't wait.
        why: why it waits; empty if it doesn't.
    """

    id: str
    title: str
    kind: str
    user: str
    command: str
    folder: str
    state: str
    times: Times
    code: int | None
    priority: int
    gpus: GpuUse
    run: str
    resumable: bool
    place: int
    why: str


@dataclass
class JobList:
    """All jobs, the newest first."""

    jobs: list[JobView]


@dataclass
class OutputWanted:
    """Which part of what a job printed: from a byte on; a negative one counts from the end."""

    start: int = -65536


@dataclass
class Output:
    """What a job printed, and the byte after it."""

    text: str
    next: int


@dataclass
class Priority:
    """A job's priority, from -1000 to 1000."""

    priority: int


@dataclass
class Place:
    """A job's place among those that wait, from 1."""

    place: int


def view(job: Job, place: int = 0, why: str = "") -> JobView:
    """A job, as users see it."""
    order = job.order
    run = id_of(run_folder(order.folder, order.run)) if order.run else ""
    return JobView(
        job.id,
        order.title,
        order.kind,
        order.user,
        shown(job.command if job.state == "queued" else order.command),
        order.folder,
        job.state,
        Times(job.created, job.started, job.ended),
        job.code,
        order.priority,
        GpuUse(order.gpus, list(job.on)),
        run,
        order.resumable,
        place,
        why,
    )


def run_folder(folder: str, run: str) -> Path:
    """The folder of the run that a job writes."""
    path = (Path(folder) / run).resolve()
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)


def views(call: Request) -> list[JobView]:
    """All jobs, the newest first."""
    queue = call.studio.queue
    places, why = {job.id: place for place, job in enumerate(queue.waiting(), 1)}, queue.why()
    return [view(job, places.get(job.id, 0), why.get(job.id, "")) for job in reversed(queue.jobs())]


@service("GET", "/api/jobs", answer=JobList)
def list_jobs(call: Request) -> JobList:
    """All jobs, the newest first."""
    return JobList(views(call))


@service("GET", "/api/jobs/{job}", answer=JobView)
def show_job(call: Request) -> JobView:
    """A job."""
    return view(call.studio.queue.job(call.path["job"]))


@service("GET", "/api/jobs/{job}/output", query=OutputWanted, answer=Output)
def output(call: Request) -> Output:
    """What a job has printed."""
    return Output(*call.studio.queue.job(call.path["job"]).output(call.query.start))


@service("POST", "/api/jobs/{job}/stop", role="run", answer=JobView)
def stop(call: Request) -> JobView:
    """Stop a job; training writes a snapshot first."""
    return _told(call, call.studio.queue.stop(call.path["job"]))


@service("POST", "/api/jobs/{job}/pause", role="run", answer=JobView)
def pause(call: Request) -> JobView:
    """Stop a job with a snapshot, to go on later."""
    return _told(call, call.studio.queue.pause(call.path["job"]))


@service("POST", "/api/jobs/{job}/resume", role="run", answer=JobView)
def resume(call: Request) -> JobView:
    """Let a job go on from its newest snapshot."""
    return _told(call, call.studio.queue.resume(call.path["job"]))


@service("POST", "/api/jobs/{job}/clone", role="run", answer=JobView)
def clone(call: Request) -> JobView:
    """Run a job's command again, from the beginning."""
    return _told(call, call.studio.queue.clone(call.path["job"], call.user.name))


@service("PUT", "/api/jobs/{job}/priority", role="run", body=Priority, answer=JobView)
def move(call: Request) -> JobView:
    """Give a job another priority."""
    return _told(call, call.studio.queue.move(call.path["job"], call.body.priority))


@service("PUT", "/api/jobs/{job}/place", role="run", body=Place, answer=JobView)
def place(call: Request) -> JobView:
    """Give a job another place among those that wait."""
    return _told(call, call.studio.queue.place(call.path["job"], call.body.place))


@service("POST", "/api/jobs/{job}/kill", role="run", answer=JobView)
def kill(call: Request) -> JobView:
    """End a job at once, without a snapshot."""
    return _told(call, call.studio.queue.kill(call.path["job"]))


@service("DELETE", "/api/jobs/{job}", role="run")
def remove(call: Request) -> dict[str, str]:
    """Forget a job that doesn't run; what it wrote stays, and it can be restored."""
    name = call.path["job"]
    call.studio.queue.remove(name)
    call.studio.events.publish(jobs=[name])
    return {"removed": name}


@service("POST", "/api/jobs/{job}/restore", role="run", answer=JobView)
def restore(call: Request) -> JobView:
    """Bring back a job that was removed."""
    return _told(call, call.studio.queue.restore(call.path["job"]))


@service("GET", "/api/limits", answer=Limits)
def limits(call: Request) -> Limits:
    """How many jobs run at a time."""
    return call.studio.queue.limits


@service("PUT", "/api/limits", role="admin", body=Limits, answer=Limits)
def set_limits(call: Request) -> Limits:
    """Set how many jobs run at a time."""
    wanted: Limits = call.body
    if not (1 <= wanted.cpu <= 1000 and 1 <= wanted.per_gpu <= 100):
        raise UsageError("expected 1 to 1000 jobs on processors and 1 to 100 on each GPU")
    call.studio.queue.limits = wanted
    return wanted


def _told(call: Request, job: Job) -> JobView:
    call.studio.events.publish(jobs=[job.id])
    return view(job)
