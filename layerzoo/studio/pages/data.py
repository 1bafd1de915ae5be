"""Data: the list of data sets, one of them, and its transforms."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response

from layerzoo.studio.api.data import (
    At,
    SamplesWanted,
    data_path,
    named_views,
    overview_of,
    samples_of,
    set_views,
)
from layerzoo.studio.api.jobs import views
from layerzoo.studio.datasets.controls import CONTROLS
from layerzoo.studio.datasets.finding import KINDS, kind_of
from layerzoo.studio.datasets.uploads import ARCHIVES, FILES
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request

_ACTIVE: Final = ("running", "stopping", "queued", "paused")
_FIRST_SAMPLES: Final = 48


@dataclass
class ClassRow:
    """A row of the histogram of labels: a class, its samples in each part, and where the bars stand."""

    name: str
    counts: list[int]
    bars: list[tuple[float, float]]


@page("/data")
def sets(call: Request) -> Response:
    """All data sets, and how new ones are made."""
    jobs = [job for job in views(call) if job.kind == "data" and job.state in _ACTIVE]
    failed = [job for job in views(call) if job.kind == "data" and job.state == "failed"][:3]
    return render(
        call,
        "data.html",
        "data",
        "Data sets",
        sets=set_views(call),
        named=named_views(),
        jobs=jobs,
        failed=failed,
        accepted=",".join((*ARCHIVES, *FILES)),
        root=str(call.studio.roots.folders[0]),
        command="layerzoo data export digits digits",
    )


@page("/data/set", query=At)
def show(call: Request) -> Response:
    """A data set: counts, classes, sizes, verdicts, samples."""
    path = data_path(call, call.query.path)
    known = overview_of(call, path)
    shown = call.studio.roots.shown(path)
    report: dict[str, Any] = known.report or {"sources": [], "findings": [], "level": ""}
    sources: list[dict[str, Any]] = report["sources"]
    parts = [source["part"] for source in sources]
    return render(
        call,
        "data_set.html",
        "data",
        path.name,
        path=str(path),
        shown=shown,
        what=KINDS[kind_of(path)],
        known=known,
        report=report,
        sources=sources,
        titles=[_plain(finding["title"], sources) for finding in report["findings"]],
        parts=list(dict.fromkeys(parts)),
        classes=class_rows(sources),
        images=any(source["is_image"] for source in sources),
        samples=samples_of(report, SamplesWanted(str(path), count=_FIRST_SAMPLES)),
        command=f"layerzoo data overview {shlex.quote(shown)} -out overview",
    )


@page("/data/augment", query=At)
def augment(call: Request) -> Response:
    """Transforms of a data set's pictures, tried out."""
    path: Path = data_path(call, call.query.path)
    groups: dict[str, list[Any]] = {}
    for control in CONTROLS:
        groups.setdefault(control.group, []).append(control)
    shown = call.studio.roots.shown(path)
    return render(
        call,
        "data_augment.html",
        "data",
        f"Transforms of {path.name}",
        path=str(path),
        shown=shown,
        groups=groups,
        command=f"layerzoo data show {shlex.quote(shown)}",
    )


def class_rows(sources: list[dict[str, Any]]) -> list[ClassRow]:
    """The histogram of labels over all parts, its longest row 100 wide."""
    names = list(dict.fromkeys(name for source in sources for name in source["labels"]))
    rows = [[source["labels"].get(name, 0) for source in sources] for name in names]
    most = max((sum(counts) for counts in rows), default=0) or 1
    result = []
    for name, counts in zip(names, rows, strict=True):
        start, bars = 0.0, []
        for count in counts:
            bars.append((start, 100 * count / most))
            start += 100 * count / most
        result.append(ClassRow(name, counts, bars))
    return result


def _plain(title: str, sources: list[dict[str, Any]]) -> str:
    """The title of a finding without what each source reads, which the page says once."""
    for source in sources:
        title = title.replace(f" ({source['source']})", "")
        if len(sources) == 1:
            title = title.removeprefix(f"{source['part']}: ")
    return title
