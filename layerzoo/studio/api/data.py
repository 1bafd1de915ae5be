"""Data sets: lists, overviews, conversions and transforms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from starlette.responses import FileResponse, Response

from layerzoo.data.dataset import DATASETS
from layerzoo.errors import UsageError
from layerzoo.studio.api.jobs import JobView, view
from layerzoo.studio.datasets.finding import KINDS, Found, kind_of
from layerzoo.studio.datasets.overviews import State
from layerzoo.studio.jobs import Order
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request
from layerzoo.zoo.data_sets import state_of

_NAME: Final = re.compile(r"[^\x00-\x1f/\\.][^\x00-\x1f/\\]{0,199}")
_COVERS: Final = 4
_MOST_SAMPLES: Final = 500


@dataclass
class SetView:
    """A data set, as users see it.

    Attributes:
        path: absolute.
        shown: as it is shown, relative to the first folder of the studio.
        title: the last part of the path.
        kind: folders, lmdb, leveldb, hdf5, table, coco or voc.
        what: the kind in words.
        count: about how many samples it has; 0 if that isn't known.
        classes: how many classes it has; 0 if that isn't known.
        level: the verdict of the last check: good, warn, fail; empty if it was never looked at.
        covers: files of some thumbnails, for ``/api/data/picture``.
        modified: when it was last written.
    """

    path: str
    shown: str
    title: str
    kind: str
    what: str
    count: int
    classes: int
    level: str
    covers: list[str]
    modified: float


@dataclass
class SetList:
    """Data sets, those that were written last first."""

    sets: list[SetView]


@dataclass
class NamedView:
    """A named set, which Layerzoo ships or downloads.

    Attributes:
        name: as configs name it.
        what: one line.
        credit: authors and licence.
        classes: number of classes.
        size: bytes to download; 0 if it is there.
        state: shipped, present, incomplete or absent.
    """

    name: str
    what: str
    credit: str
    classes: int
    size: int
    state: str


@dataclass
class NamedList:
    """All named sets."""

    named: list[NamedView]


@dataclass
class At:
    """Which data set: a path below the studio's folders."""

    path: str


@dataclass
class OverviewView:
    """What is known of a data set.

    Attributes:
        path: absolute.
        state: missing, waiting, reading, failed or ready.
        job: the job that looks at it.
        done, of: samples that were read.
        error: why it failed.
        report: what ``layerzoo data overview`` wrote, if it is ready.
    """

    path: str
    state: State
    job: str
    done: int
    of: int
    error: str
    report: Any = None


@dataclass
class PictureWanted:
    """Which picture of an overview."""

    path: str
    file: str


@dataclass
class SamplesWanted:
    """Which thumbnails of an overview.

    Attributes:
        path: the data set.
        name: the class; None for all.
        part: TRAIN, VAL, TEST; empty for all.
        start, count: the part of the list.
    """

    path: str
    name: str | None = None
    part: str = ""
    start: int = 0
    count: int = 48


@dataclass
class Sample:
    """A sample: its thumbnail, name, classes and part."""

    file: str
    name: str
    classes: list[str]
    part: str


@dataclass
class SampleList:
    """A part of a list of samples; ``total`` counts the whole list."""

    total: int
    samples: list[Sample]


@dataclass
class Named:
    """Where to put a named set; empty: beside the other work, by its name."""

    folder: str = ""


@dataclass
class Import:
    """A conversion to an LMDB, as by ``layerzoo data import``.

    Attributes:
        source: what is converted.
        target: the new folder.
        kind: folder, list, csv, idx, cifar, hdf5, coco or voc; empty: found by the source.
        root: folder of the images of a list, a table or COCO.
        width, height: size that images are resized to; 0 keeps theirs.
        gray: convert to grey.
        raw: store pixels, not encoded images.
        shuffle: in a random order.
    """

    source: str
    target: str
    kind: Literal["", "folder", "list", "csv", "idx", "cifar", "hdf5", "coco", "voc"] = ""
    root: str = ""
    width: int = 0
    height: int = 0
    gray: bool = False
    raw: bool = False
    shuffle: bool = False


def set_views(call: Request) -> list[SetView]:
    """All sets."""
    ended = max((job.ended for job in call.studio.queue.jobs() if job.order.kind == "data"), default=0.0)
    return [_set_view(call, one) for one in call.studio.datasets.found(ended)]


def named_views() -> list[NamedView]:
    """All named sets of pictures with classes."""
    views = []
    for name in DATASETS:
        named = DATASETS[name]
        size = sum(file.size for file in named.files)
        state = state_of(named) if named.files else "shipped"
        what = (named.__doc__ or "").partition("\n")[0].rstrip(".")
        views.append(
            NamedView(
                name, what, named.credit, named.classes, 0 if state in ("shipped", "present") else size, state
            )
        )
    return sorted(views, key=lambda one: (one.state not in ("shipped", "present"), one.size))


def data_path(call: Request, text: str) -> Path:
    """The path of a data set that a text names.

    Raises:
        UsageError: there are no data at it.
    """
    path = call.studio.roots.existing(text)
    if not kind_of(path):
        known = ", ".join(KINDS.values())
        raise UsageError(f"{call.studio.roots.shown(path)}: no data set that is known; expected {known}")
    return path


def free_target(call: Request, text: str) -> Path:
    """A path for new data.

    Raises:
        UsageError: something is there already.
    """
    path = call.studio.roots.path(text)
    if path.exists():
        raise UsageError(f"{call.studio.roots.shown(path)} already exists; choose another name")
    if not _NAME.fullmatch(path.name):
        raise UsageError(f"{path.name!r} can't be the name of a data set")
    return path


def samples_of(report: dict[str, Any], wanted: SamplesWanted) -> SampleList:
    """Some of the samples of a report."""
    if not (wanted.start >= 0 and 1 <= wanted.count <= _MOST_SAMPLES):
        raise UsageError(f"start is 0 or more, and count 1 to {_MOST_SAMPLES}")
    found = [
        Sample(one["file"], Path(one["name"]).name, one["classes"], source["part"])
        for source in report["sources"]
        if wanted.part in ("", source["part"])
        for one in source.get("thumbnails", ())
        if wanted.name is None or wanted.name in one["classes"]
    ]
    return SampleList(len(found), found[wanted.start : wanted.start + wanted.count])


def overview_of(call: Request, path: Path) -> OverviewView:
    """What is known of the data at a path."""
    known = call.studio.datasets.overviews.overview(path)
    return OverviewView(str(path), known.state, known.job, known.done, known.of, known.error, known.report)


@service("GET", "/api/data", answer=SetList)
def list_sets(call: Request) -> SetList:
    """Data sets below the studio's folders."""
    return SetList(set_views(call))


@service("GET", "/api/data/named", answer=NamedList)
def list_named(call: Request) -> NamedList:
    """Named sets, which Layerzoo ships or downloads."""
    return NamedList(named_views())


@service("POST", "/api/data/named/{name}", role="run", body=Named, answer=JobView)
def get_named(call: Request) -> JobView:
    """Get a named set, as a folder of pictures for each class."""
    name = call.path["name"]
    if name not in DATASETS:
        raise UsageError(f"unknown data set {name!r}; known: {', '.join(DATASETS)}")
    target = free_target(call, call.body.folder or name)
    return _ordered(call, ["data", "export", name, str(target)], target.parent, f"Get {name}")


@service("GET", "/api/data/overview", query=At, answer=OverviewView)
def overview(call: Request) -> OverviewView:
    """What is known of a data set: counts, classes, sizes, verdicts, thumbnails."""
    return overview_of(call, data_path(call, call.query.path))


@service("POST", "/api/data/overview", role="run", body=At, answer=JobView)
def look(call: Request) -> JobView:
    """Look at a data set: a job reads every sample."""
    job = call.studio.datasets.overviews.start(data_path(call, call.body.path), call.user.name)
    call.studio.events.publish(jobs=[job.id])
    return view(job)


@service("GET", "/api/data/samples", query=SamplesWanted, answer=SampleList)
def list_samples(call: Request) -> SampleList:
    """Samples with thumbnails, by class and part."""
    report = call.studio.datasets.overviews.last(call.studio.roots.existing(call.query.path))
    return samples_of(report or {"sources": []}, call.query)


@service("GET", "/api/data/picture", query=PictureWanted)
def picture(call: Request) -> Response:
    """A thumbnail or mean image, which an overview names."""
    path = call.studio.roots.path(call.query.path)
    file = call.studio.datasets.overviews.picture(path, call.query.file)
    return FileResponse(file, headers={"cache-control": "private, max-age=300"})


@service("POST", "/api/data/import", role="run", body=Import, answer=JobView)
def convert(call: Request) -> JobView:
    """Convert data to an LMDB."""
    wanted: Import = call.body
    source, target = call.studio.roots.existing(wanted.source), free_target(call, wanted.target)
    command = ["data", "import", str(source), str(target)]
    if wanted.kind:
        command += ["-kind", wanted.kind]
    if wanted.root:
        command += ["-root", str(call.studio.roots.existing(wanted.root))]
    if wanted.width or wanted.height:
        if not (1 <= wanted.width <= 1 << 14 and 1 <= wanted.height <= 1 << 14):
            raise UsageError("width and height belong together, each of 1 to 16384 pixels")
        command += ["-resize_width", str(wanted.width), "-resize_height", str(wanted.height)]
    command += [f"-{name}" for name in ("gray", "raw", "shuffle") if getattr(wanted, name)]
    return _ordered(call, command, target.parent, f"Import {source.name}")


def _ordered(call: Request, command: list[str], folder: Path, title: str) -> JobView:
    job = call.studio.queue.add(Order(command, str(folder), title, kind="data", user=call.user.name))
    call.studio.events.publish(jobs=[job.id])
    return view(job)


def _set_view(call: Request, one: Found) -> SetView:
    path = Path(one.path)
    report = call.studio.datasets.overviews.last(path)
    sources = report["sources"] if report else []
    labels = {name for source in sources for name in source["labels"]}
    covers: dict[str, str] = {}
    for source in sources:
        for sample in source.get("thumbnails", ()):
            covers.setdefault(" ".join(sample["classes"]) or str(len(covers)), sample["file"])
            if len(covers) >= _COVERS:
                break
    return SetView(
        one.path,
        call.studio.roots.shown(path),
        path.name,
        one.kind,
        KINDS[one.kind],
        sum(source["samples"] for source in sources) or one.count,
        len(labels),
        report["level"] if report else "",
        list(covers.values())[:_COVERS],
        one.modified,
    )
