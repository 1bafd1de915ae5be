"""A run: its curves, log, snapshots, config and notes; and several runs beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import Response

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.loader import emit
from layerzoo.runs import CONFIG, differences, open_run
from layerzoo.studio.api.jobs import views
from layerzoo.studio.index import Summary
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request

_MAX_RUNS = 10


@dataclass
class Picked:
    """Ids of runs."""

    run: list[str] = field(default_factory=list)


@page("/runs/{run}")
def show(call: Request) -> Response:
    """A run."""
    summary = call.studio.index.run(call.path["run"])
    path = Path(summary.path)
    opened = open_run(path)
    text = emit(opened.solver, "prototxt") if opened.solver is not None else _text(path / CONFIG)
    job = next((job for job in views(call) if job.run == summary.id), None)
    return render(
        call,
        "run.html",
        "home",
        summary.title,
        run=summary,
        snapshots=[
            {"iteration": iteration, "path": str(folder), "bytes": _bytes(folder)}
            for iteration, folder in reversed(opened.snapshots)
        ],
        config=text,
        job=job,
        command=f"layerzoo runs show {call.studio.roots.shown(path)}",
    )


@page("/compare", query=Picked)
def compare(call: Request) -> Response:
    """Several runs beside each other."""
    ids = list(dict.fromkeys(call.query.run))
    if not 2 <= len(ids) <= _MAX_RUNS:
        raise UsageError(f"{len(ids)} runs picked; pick 2 to {_MAX_RUNS} in the list of runs")
    runs: list[Summary] = [call.studio.index.run(one) for one in ids]
    configs: list[Any] = []
    for run in runs:
        try:
            configs.append(open_run(run.path).config)
        except (LayerzooError, OSError):
            configs.append({})
    paths = " ".join(call.studio.roots.shown(Path(run.path)) for run in runs)
    quantities = dict.fromkeys(name for run in runs for name in run.quantities)
    return render(
        call,
        "compare.html",
        "home",
        f"{len(runs)} runs",
        runs=runs,
        quantities=list(quantities),
        fields=differences(configs),
        command=f"layerzoo runs diff {paths}",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[: 1 << 20]
    except OSError:
        return ""


def _bytes(folder: Path) -> int:
    if folder.is_file():
        return folder.stat().st_size
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
