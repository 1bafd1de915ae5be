"""A tune: its trials, the best first."""

from __future__ import annotations

from starlette.responses import Response

from layerzoo.studio.api.tunes import PlanWanted, tune_of
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request


@page("/tune", query=PlanWanted)
def show(call: Request) -> Response:
    """A tune."""
    tune = tune_of(call, call.query.plan)
    ended = sum(one.state != "begun" for one in tune.trials)
    best = next((one for one in tune.trials if one.state == "done"), None)
    runs = [one.run for one in tune.trials if one.run][:10]
    return render(
        call,
        "tune.html",
        "train",
        tune.plan,
        tune=tune,
        ended=ended,
        best=best,
        runs=runs,
        command=f"layerzoo tune {tune.plan} -table",
    )
