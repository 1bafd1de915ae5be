"""The queue: what runs, what waits and why, and what has ended."""

from __future__ import annotations

from starlette.responses import Response

from layerzoo.studio.api.jobs import views
from layerzoo.studio.jobs import gpus
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request

_ENDED = 50


@page("/queue")
def queue(call: Request) -> Response:
    """The queue."""
    jobs = views(call)
    waiting = sorted((job for job in jobs if job.place), key=lambda job: job.place)
    running = [job for job in jobs if job.state in ("running", "stopping")]
    paused = [job for job in jobs if job.state == "paused"]
    others = {job.id for job in (*waiting, *running, *paused)}
    return render(
        call,
        "queue.html",
        "train",
        "Queue",
        running=running,
        waiting=waiting,
        paused=paused,
        ended=[job for job in jobs if job.id not in others][:_ENDED],
        limits=call.studio.queue.limits,
        gpus=gpus(),
        may_limit=call.user.may("admin"),
    )
