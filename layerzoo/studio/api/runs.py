"""Runs: lists, curves, logs and notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerzoo.errors import UsageError
from layerzoo.runs import LOG, differences, open_run
from layerzoo.studio.index import Choice, Notes, Series, Summary
from layerzoo.studio.index.series import Axis
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request

_MAX_RUNS = 50
_MAX_POINTS = 5000
_LOG_BYTES = 1 << 20


@dataclass
class RunList:
    """A part of a list of runs.

    Attributes:
        total: how many runs the whole list has.
        waiting: runs that were found and are still to be read.
        runs: the part.
    """

    total: int
    waiting: int
    runs: list[Summary]


@dataclass
class CurvesWanted:
    """Which curves, and how.

    Attributes:
        run: ids of runs.
        quantity: what is drawn.
        axis: iteration, epoch or seconds.
        points: the most points a curve has.
        start, end: the part of the axis.
    """

    run: list[str] = field(default_factory=list)
    quantity: str = "loss"
    axis: Axis = "iteration"
    points: int = 1000
    start: float | None = None
    end: float | None = None


@dataclass
class Curves:
    """Curves of runs.

    Attributes:
        axis: as asked.
        curves: one for each run and net that has the quantity.
    """

    axis: str
    curves: list[Series]


@dataclass
class LogWanted:
    """Which part of a log.

    Attributes:
        start: byte to begin at; a negative number counts from the end.
        search: only lines that contain it.
    """

    start: int = -65536
    search: str = ""


@dataclass
class LogPart:
    """A part of a log.

    Attributes:
        text: whole lines.
        next: the byte after them.
    """

    text: str
    next: int


@dataclass
class RunsWanted:
    """Ids of runs."""

    run: list[str] = field(default_factory=list)


@dataclass
class Compared:
    """The settings in which runs differ.

    Attributes:
        runs: the runs.
        fields: values of the runs by the field's path.
    """

    runs: list[Summary]
    fields: dict[str, list[str]]


@service("GET", "/api/runs", query=Choice, answer=RunList)
def list_runs(call: Request) -> RunList:
    """Runs, searched, filtered and sorted."""
    index = call.studio.index
    found = index.listed(call.query)
    return RunList(len(found), index.waiting, call.query.part(found))


@service("GET", "/api/runs/{run}", answer=Summary)
def show_run(call: Request) -> Summary:
    """A run."""
    return call.studio.index.run(call.path["run"])


@service("PUT", "/api/runs/{run}/notes", role="run", body=Notes, answer=Summary)
def annotate(call: Request) -> Summary:
    """Set tags, title and note of a run, or archive it."""
    summary = call.studio.index.annotate(call.path["run"], call.body)
    call.studio.events.publish(runs=[summary.id])
    return summary


@service("GET", "/api/curves", query=CurvesWanted, answer=Curves)
def curves(call: Request) -> Curves:
    """Curves of runs, thinned out for a chart; extremes stay."""
    wanted: CurvesWanted = call.query
    if not 0 < len(wanted.run) <= _MAX_RUNS:
        raise UsageError(f"{len(wanted.run)} runs; name 1 to {_MAX_RUNS}: ?run=ID&run=ID")
    stretch = None
    if wanted.start is not None or wanted.end is not None:
        stretch = (
            float("-inf") if wanted.start is None else wanted.start,
            float("inf") if wanted.end is None else wanted.end,
        )
    points = max(4, min(wanted.points, _MAX_POINTS))
    found = [
        one
        for run in dict.fromkeys(wanted.run)
        for one in call.studio.index.series(run, wanted.quantity, wanted.axis, points, stretch)
    ]
    return Curves(wanted.axis, found)


@service("GET", "/api/runs/{run}/log", query=LogWanted, answer=LogPart)
def log(call: Request) -> LogPart:
    """A part of a run's log, or the lines in it that contain a text; nothing of a run without a log."""
    path = Path(call.studio.index.run(call.path["run"]).path) / LOG
    wanted: LogWanted = call.query
    if not path.is_file():
        return LogPart("", 0)
    with path.open("rb") as file:
        size = path.stat().st_size
        start = max(0, size + wanted.start) if wanted.start < 0 else min(wanted.start, size)
        file.seek(start)
        data = file.read(_LOG_BYTES)
    if wanted.start < 0 and start:
        skipped = data.find(b"\n") + 1
        data, start = data[skipped:], start + skipped
    data = data[: data.rfind(b"\n") + 1]
    text = data.decode(errors="replace")
    if wanted.search:
        word = wanted.search.casefold()
        text = "".join(line for line in text.splitlines(keepends=True) if word in line.casefold())
    return LogPart(text, start + len(data))


@service("GET", "/api/compare", query=RunsWanted, answer=Compared)
def compare(call: Request) -> Compared:
    """The settings in which runs differ."""
    wanted: RunsWanted = call.query
    if not 1 < len(wanted.run) <= _MAX_RUNS:
        raise UsageError(f"{len(wanted.run)} runs; name 2 to {_MAX_RUNS}")
    summaries = [call.studio.index.run(run) for run in wanted.run]
    opened = [open_run(one.path).config for one in summaries]
    fields: dict[str, Any] = differences(opened)
    return Compared(summaries, {path: list(map(str, values)) for path, values in fields.items()})
