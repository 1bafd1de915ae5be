"""The first page: runs, the queue and the machine."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from layerzoo.studio.api.jobs import views
from layerzoo.studio.api.system import Machine, machine
from layerzoo.studio.index import Choice
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request

_STATES = ("running", "done", "stopped", "interrupted")


@page("/", query=Choice)
def home(call: Request) -> Response:
    """Runs, the queue and the machine."""
    index, choice = call.studio.index, call.query
    everything = index.runs
    found = index.listed(choice)
    jobs = [job for job in views(call) if job.state in ("running", "stopping", "queued", "paused")]
    known: Machine = machine(call)
    tags = Counter(tag for run in everything if not run.notes.archived for tag in run.notes.tags)
    states = Counter(run.state for run in everything if not run.notes.archived)
    return render(
        call,
        "home.html",
        "home",
        "Runs",
        choice=choice,
        runs=choice.part(found),
        total=len(found),
        waiting=index.waiting,
        archived=sum(run.notes.archived for run in everything),
        states=[(state, states[state]) for state in _STATES if states[state]],
        tags=sorted(tags),
        jobs=jobs,
        machine=known,
        root=str(call.studio.roots.folders[0]),
        command=f"layerzoo runs ls {call.studio.roots.folders[0]}",
    )
