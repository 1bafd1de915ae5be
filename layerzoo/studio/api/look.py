"""Nets to look at, and the pictures that users bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from starlette.responses import FileResponse

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.studio.index import Summary
from layerzoo.studio.looking.pictures import MAX_BYTES, Picture
from layerzoo.studio.looking.target import Wanted, target_of
from layerzoo.studio.routing import NotFoundError, service
from layerzoo.studio.studio import Request
from layerzoo.zoo.store import LocalZoo

MAX_PICTURES: Final = 2000
_MAX_RUNS: Final = 500
_MAX_LIST_BYTES: Final = 4 << 20
_SIDES: Final = (128, 512, 1024)
_SUFFIXES: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"}
)


@dataclass
class NetChoice:
    """A net that can be looked at.

    Attributes:
        query: what the address of the page ends in.
        title: what it is called.
        note: what else is known of it.
    """

    query: str
    title: str
    note: str


@dataclass
class NetChoices:
    """Runs, the newest first, and entries of the zoo."""

    runs: list[NetChoice]
    zoo: list[NetChoice]


@dataclass
class LayerFacts:
    """A layer; ``places``: its top is an image of several places."""

    name: str
    type: str
    shape: list[int]
    params: int
    places: bool


@dataclass
class NetFacts:
    """What a net does.

    Attributes:
        name: what messages call it.
        kind: classify, numbers, detect, segment, rows (samples that are no pictures), text, answer, image,
            draw or none.
        draws: whether it makes samples of noise.
        tested: whether it has a test set.
        labels: names of its classes.
        images: whether it takes pictures; ``size`` is what it sees of one, width and height.
        expected: the samples that it takes; ``typed``: whether they can be typed.
        layers: its layers.
        command: the flags that name it in commands.
    """

    name: str
    kind: str
    draws: bool
    tested: bool
    labels: list[str]
    images: bool
    size: list[int]
    channels: int
    expected: str
    typed: bool
    layers: list[LayerFacts]


@dataclass
class Uploaded:
    """The name of a file; ``sample``: it is a sample of another kind, not a picture."""

    name: str = "picture"
    sample: bool = False


@dataclass
class UploadedPicture:
    """A picture that is kept for a day."""

    source: str
    name: str
    width: int
    height: int


@dataclass
class PathWanted:
    """A path below the studio's folders: a picture, a folder of pictures, or a list of paths."""

    path: str


@dataclass
class PictureList:
    """Pictures; ``left_out``: how many more there are than are taken."""

    pictures: list[Picture]
    left_out: int


@dataclass
class PreviewWanted:
    """Which picture, and the length of its longer side in pixels: 128, 512 or 1024."""

    source: str
    side: int = 512


@dataclass
class Removed:
    """What was removed."""

    removed: list[str] = field(default_factory=list)


def net_choices(call: Request) -> NetChoices:
    """The nets that can be looked at."""
    runs = sorted(
        (run for run in call.studio.index.runs if run.progress.iteration and not run.notes.archived),
        key=lambda run: -run.modified,
    )
    zoo = LocalZoo()
    entries: dict[str, NetChoice] = {}
    for entry in (*reversed(zoo.entries()), *zoo.shipped_entries()):
        try:
            title = str(entry.manifest.get("title") or entry.name)
        except LayerzooError:
            continue
        entries.setdefault(entry.address, NetChoice(f"zoo={entry.address}", entry.address, title))
    return NetChoices(
        [
            NetChoice(f"run={run.id}", run.title, ", ".join([run.state, *_score(run)]))
            for run in runs[:_MAX_RUNS]
        ],
        list(entries.values()),
    )


def _score(run: Summary) -> list[str]:
    return [] if run.score is None else [f"{run.score.name} {run.score.value:.4g}"]


def path_of(call: Request, source: str) -> Path:
    """The file of a picture: an upload, or a path below the roots."""
    if source.startswith("upload:"):
        return call.studio.pictures.uploaded(source)
    path = call.studio.roots.existing(source)
    if not path.is_file():
        raise UsageError(f"{source} is not a file")
    return path


@service("GET", "/api/look/nets", answer=NetChoices)
def nets(call: Request) -> NetChoices:
    """Runs and entries of the zoo that can be looked at."""
    return net_choices(call)


@service("GET", "/api/look/net", query=Wanted, answer=NetFacts)
def net(call: Request) -> Any:
    """What a net does, and its layers."""
    target = target_of(call.query, call.studio.index, call.studio.roots)
    return call.studio.bench.ask("describe", target=target)


@service(
    "POST",
    "/api/look/pictures",
    role="run",
    query=Uploaded,
    answer=UploadedPicture,
    body_bytes=MAX_BYTES,
    raw=True,
)
async def upload(call: Request) -> UploadedPicture:
    """Bring a picture; the body is the file. It is checked, and deleted after a day."""
    from starlette.concurrency import run_in_threadpool

    data = bytearray()
    async for piece in call.request.stream():
        data += piece
        if len(data) > MAX_BYTES:
            raise UsageError(f"the file has more than {MAX_BYTES:,} bytes, the limit")
    return await run_in_threadpool(_kept, call, bytes(data))


def _kept(call: Request, data: bytes) -> UploadedPicture:
    pictures, wanted = call.studio.pictures, call.query
    picture = pictures.add(data, wanted.name)
    if wanted.sample:
        return UploadedPicture(picture.source, picture.name, 0, 0)
    try:
        found = call.studio.bench.ask("check", file=str(pictures.uploaded(picture.source)))
    except UsageError:
        pictures.remove(picture.source)
        raise
    return UploadedPicture(picture.source, picture.name, found["width"], found["height"])


@service("POST", "/api/look/paths", body=PathWanted, answer=PictureList)
def pick(call: Request) -> PictureList:
    """The pictures that a path names: itself, those of a folder, or those of a list."""
    roots = call.studio.roots
    path = roots.existing(call.body.path.strip())
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.suffix.lower() in _SUFFIXES)
        inside = [
            one for one in found if one.is_file() and any(map(one.resolve().is_relative_to, roots.folders))
        ]
        if not inside:
            raise NotFoundError(f"{roots.shown(path)} has no pictures")
    elif path.suffix.lower() in (".txt", ".lst", ".list"):
        if path.stat().st_size > _MAX_LIST_BYTES:
            raise UsageError(f"the list is larger than {_MAX_LIST_BYTES:,} bytes")
        lines = [line.strip() for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
        inside = [_listed(call, path.parent, line) for line in lines]
        if not inside:
            raise NotFoundError(f"{roots.shown(path)} names no pictures")
    else:
        inside = [path]
    kept = [Picture(roots.shown(one), one.name) for one in inside[:MAX_PICTURES]]
    return PictureList(kept, len(inside) - len(kept))


def _listed(call: Request, folder: Path, line: str) -> Path:
    """The file that a line of a list names; Caffe's lists have a label after the path."""
    roots = call.studio.roots
    name, _, label = line.rpartition(" ")
    text = name if name and label.lstrip("-").isdigit() else line
    beside = roots.path(str(folder / text))
    return beside if beside.exists() else roots.path(text)


@service("GET", "/api/look/preview", query=PreviewWanted)
def preview(call: Request) -> FileResponse:
    """A picture as a PNG of a bounded size."""
    wanted: PreviewWanted = call.query
    if wanted.side not in _SIDES:
        raise UsageError(f"side={wanted.side}; expected {', '.join(map(str, _SIDES))}")
    path = path_of(call, wanted.source)
    stamp = f"{path} {path.stat().st_mtime_ns} {wanted.side}"
    _, folder = call.studio.pictures.results(sha256(stamp.encode()).hexdigest()[:24])
    out = folder / "preview.png"
    if not out.is_file():
        call.studio.bench.ask("preview", file=str(path), side=wanted.side, out=str(out))
    return FileResponse(out, media_type="image/png", headers={"cache-control": "private, max-age=3600"})


@service("DELETE", "/api/look/pictures/{number}", role="run", answer=Removed)
def remove(call: Request) -> Removed:
    """Delete an uploaded picture before its day is over."""
    source = f"upload:{call.path['number']}"
    call.studio.pictures.remove(source)
    return Removed([source])


@service("GET", "/api/look/results/{number}/{name:path}")
def result(call: Request) -> FileResponse:
    """A file of results: a PNG, JSON or CSV."""
    path = call.studio.pictures.result(call.path["number"], call.path["name"])
    kinds = {".png": "image/png", ".json": "application/json", ".csv": "text/csv; charset=utf-8"}
    return FileResponse(path, media_type=kinds[path.suffix])
