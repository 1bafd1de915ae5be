"""A run: its curves, log, snapshots, config and notes; and several runs beside each other."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import Response

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.loader import emit
from layerzoo.runs import CONFIG, LOG, differences, open_run
from layerzoo.studio.api.jobs import views
from layerzoo.studio.api.run_actions import files_of
from layerzoo.studio.index import Summary
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request

_MAX_RUNS = 10
_LOG_TAIL = 1 << 16


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
            {
                "iteration": iteration,
                "path": str(folder),
                "bytes": _bytes(folder),
                "files": files_of(folder),
            }
            for iteration, folder in reversed(opened.snapshots)
        ],
        config=text,
        job=job,
        speed=_speed(summary),
        data_wait=_data_wait(path),
        reports=_reports(path),
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


def _speed(run: Summary) -> float:
    """Iterations a second, over the whole run; 0 if unknown."""
    return run.progress.iteration / run.progress.seconds if run.progress.seconds else 0.0


def _data_wait(run: Path) -> float | None:
    """Percentage of the time in which training waited for data, at the last display; None if unknown."""
    try:
        with (run / LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_TAIL))
            found = re.findall(rb"Data wait: ([\d.]+)%", file.read())
        return float(found[-1]) if found else None
    except (OSError, ValueError):
        return None


def _reports(run: Path) -> list[tuple[int, str]]:
    """Iteration and text of the reports of losses that were NaN or infinite, the last one first."""
    found = []
    for path in run.glob("nonfinite_iter_*/report.txt"):
        number = path.parent.name.rpartition("_")[2]
        if number.isdecimal() and not path.is_symlink() and not path.parent.is_symlink():
            found.append((int(number), _text(path)))
    return sorted(found, reverse=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[: 1 << 20]
    except OSError:
        return ""


def _bytes(folder: Path) -> int:
    if folder.is_file():
        return folder.stat().st_size
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
