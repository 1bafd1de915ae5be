"""A job: its state and what it prints."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from layerzoo.studio.api.jobs import run_folder, view
from layerzoo.studio.jobs.order import shown
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request


@page("/jobs/{job}")
def show(call: Request) -> Response:
    """A job."""
    job = call.studio.queue.job(call.path["job"])
    order = job.order
    run = call.studio.index.at(run_folder(order.folder, order.run)) if order.run else None
    places = [one.id for one in call.studio.queue.waiting()]
    place = places.index(job.id) + 1 if job.id in places else 0
    plan = str(Path(order.folder) / order.command[1]) if order.command[:1] == ["tune"] else ""
    return render(
        call,
        "job.html",
        "train",
        order.title,
        job=view(job, place),
        run=run,
        plan=plan,
        command=shown(order.command),
    )
