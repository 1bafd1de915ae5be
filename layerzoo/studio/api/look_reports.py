"""Reports over a net's test set: commands that run as jobs, and what they have written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from layerzoo.errors import UsageError
from layerzoo.studio.api.jobs import JobView, view
from layerzoo.studio.jobs import Job, Order
from layerzoo.studio.looking.target import Wanted, flags_of, target_of
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request

What = Literal["evaluate", "embeddings"]
_KIND = "look"


@dataclass
class ReportWanted:
    """A report.

    Attributes:
        net: the net.
        what: evaluate (accuracy, confusion, mistakes) or embeddings (samples in the plane).
        layer: of embeddings; empty for the layer before the scores.
        method: of embeddings: pca or tsne.
        most: of embeddings: samples.
        samples: of evaluate: what the net says of each sample, and pictures of them.
    """

    net: Wanted
    what: What = "evaluate"
    layer: str = ""
    method: Literal["pca", "tsne"] = "pca"
    most: int = 1000
    samples: bool = True


@dataclass
class Report:
    """A report: the job that makes it, and the folder of its files."""

    what: str
    results: str
    job: JobView


@dataclass
class Reports:
    """Reports, the newest first."""

    reports: list[Report]


def reports_of(call: Request, target: dict[str, Any]) -> list[Report]:
    """The reports of a net whose files are kept, the newest first."""
    flags, found = flags_of(target), []
    for job in reversed(call.studio.queue.jobs()):
        command = job.order.command
        if job.order.kind == _KIND and command[1 : 1 + len(flags)] == flags:
            folder = _folder(job)
            if folder is not None and folder.is_dir():
                what = "evaluate" if command[0] == "evaluate" else "embeddings"
                found.append(Report(what, folder.name, view(job)))
    return found


def _folder(job: Job) -> Path | None:
    command = job.order.command
    return Path(command[command.index("-out") + 1]) if "-out" in command else None


@service("GET", "/api/look/reports", query=Wanted, answer=Reports)
def list_reports(call: Request) -> Reports:
    """The reports of a net over its test set."""
    return Reports(reports_of(call, target_of(call.query, call.studio.index, call.studio.roots)))


@service("POST", "/api/look/reports", role="run", body=ReportWanted, answer=Report)
def add(call: Request) -> Report:
    """Start a report over a net's test set; it is a job."""
    wanted: ReportWanted = call.body
    target = target_of(wanted.net, call.studio.index, call.studio.roots)
    if not 5 <= wanted.most <= 20_000:
        raise UsageError(f"{wanted.most} samples; expected 5 to 20,000")
    if wanted.layer.startswith("-"):
        raise UsageError(f"{wanted.layer!r} is no layer")
    number, folder = call.studio.pictures.results()
    name = Path(target.get("run") or target.get("net") or target["zoo"]).name.removesuffix(".run")
    if wanted.what == "evaluate":
        command = ["evaluate", *flags_of(target), "-worst", "100", "-out", str(folder)]
        command += ["-each"] if wanted.samples else []
    else:
        command = ["visualise", *flags_of(target), "-what", "embeddings", "-method", wanted.method]
        command += ["-samples", str(wanted.most), "-figures", "-out", str(folder)]
        command += ["-layer", wanted.layer] if wanted.layer else []
    title = f"{'Test' if wanted.what == 'evaluate' else 'Embed the test set of'} {name}"
    cwd = str(call.studio.roots.folders[0])
    job = call.studio.queue.add(Order(command, cwd, title, _KIND, user=call.user.name))
    call.studio.events.publish(jobs=[job.id])
    return Report(wanted.what, number, view(job))
