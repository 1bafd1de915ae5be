"""Nets and solvers: lists, new ones, copies and differences."""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse

from layerzoo.catalogue import Entry, listing
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.studio.api.jobs import JobView, view
from layerzoo.studio.jobs import Order
from layerzoo.studio.nets import (
    MAX_FILES,
    ChangedError,
    NetFile,
    describe,
    files,
    free_name,
    kind_of,
    read,
    shipped_text,
    write,
)
from layerzoo.studio.routing import NotFoundError, service
from layerzoo.studio.studio import Request
from layerzoo.zoo import LocalZoo

_NEW_SUFFIX = ".prototxt"


@dataclass
class Wanted:
    """Which nets: those whose path or description contains a text, of a kind (net, solver, blocks) or all."""

    search: str = ""
    kind: str = ""


@dataclass
class NetList:
    """Nets and solvers, the newest first; ``more`` says that some are left out."""

    nets: list[NetFile]
    more: bool


@dataclass
class NetPath:
    """The path of a file, below the studio's first folder or whole; or the name of a shipped config."""

    path: str = ""
    config: str = ""


@dataclass
class NetText:
    """A text.

    Attributes:
        path: its file.
        text: the text.
        version: names the file's content; send it back when the file is written.
        kind: net, solver, or empty if it is neither.
        writable: whether it may be written.
    """

    path: str
    text: str
    version: str
    kind: str
    writable: bool


@dataclass
class Saved:
    """A text to be written; ``version`` is what it replaces, empty for a new file."""

    path: str
    text: str
    version: str = ""


@dataclass
class Version:
    """A file in a certain version."""

    path: str
    version: str


@dataclass
class Project:
    """What ``layerzoo new`` writes.

    Attributes:
        data: the data.
        folder: a new folder for it.
        model: the net; empty: by the data; ``zoo:NAME`` fine-tunes an entry of the zoo.
        size, batch_size, epochs: 0: by the data.
        label: columns of a table to predict.
    """

    data: str
    folder: str
    model: str = ""
    size: int = 0
    batch_size: int = 0
    epochs: int = 0
    label: list[str] = field(default_factory=list)


@dataclass
class Copy:
    """A shipped config, and the folder to copy it to."""

    name: str
    folder: str


@dataclass
class Pair:
    """Two files."""

    old: str
    new: str


@dataclass
class ZooNet:
    """An entry of the zoo that can be fine-tuned."""

    name: str
    title: str


def nets_of(call: Request, wanted: Wanted) -> NetList:
    """Nets and solvers below the studio's folders."""
    if wanted.kind not in ("", "net", "solver", "blocks"):
        raise UsageError(f"kind {wanted.kind!r}; expected net, solver or blocks")
    roots = call.studio.roots
    word = wanted.search.casefold()
    found: list[NetFile] = []
    more = False
    for path in files(roots.folders):
        one = describe(path, roots.shown(path))
        if one is None or (wanted.kind and one.kind != wanted.kind):
            continue
        if word and word not in f"{one.path} {one.about}".casefold():
            continue
        if len(found) == MAX_FILES:
            more = True
            break
        found.append(one)
    return NetList(sorted(found, key=lambda one: -one.modified), more)


@service("GET", "/api/nets", query=Wanted, answer=NetList)
def list_nets(call: Request) -> NetList:
    """Nets and solvers below the studio's folders, the newest first."""
    return nets_of(call, call.query)


@service("GET", "/api/nets/configs", answer=list[Entry])
def configs(call: Request) -> list[Entry]:
    """The configs that come with Layerzoo."""
    return listing("configs")


@service("GET", "/api/nets/zoo", answer=list[ZooNet])
def zoo(call: Request) -> list[ZooNet]:
    """Entries of the zoo that a net can be fine-tuned from."""
    found = []
    known = LocalZoo()
    for entry in [*known.shipped_entries(), *known.entries()]:
        with suppress(LayerzooError, OSError):  # a damaged entry is told of on the zoo's page
            how = entry.manifest.get("preprocessing") or {}
            if how and how.get("order") != "RGB":  # the others can't be fine-tuned by `layerzoo new`
                found.append(ZooNet(entry.address, str(entry.manifest.get("title") or "")))
    return found


@service("GET", "/api/nets/choices")
def choices(call: Request) -> list[dict[str, Any]]:
    """The nets that a new project can begin with."""
    found: list[dict[str, Any]] = call.studio.workers.whole.ask("choices")
    return found


@service("POST", "/api/nets/new", role="run", body=Project, answer=JobView)
def new(call: Request) -> JobView:
    """Write a net and a solver that fit data, as a job."""
    wanted: Project = call.body
    roots = call.studio.roots
    data, folder = roots.existing(wanted.data), roots.path(wanted.folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{wanted.folder} exists already; name a new folder")
    if min(wanted.size, wanted.batch_size, wanted.epochs) < 0:
        raise UsageError("size, batch_size and epochs must not be negative")
    command = ["new", str(folder), "-data", str(data)]
    given = {
        "model": wanted.model,
        "size": wanted.size,
        "batch_size": wanted.batch_size,
        "epochs": wanted.epochs,
        "label": ",".join(wanted.label),
    }
    for flag, value in given.items():
        if value:
            command += [f"-{flag}={value}"]
    title = f"New net {folder.name} for {data.name}"
    return _job(call, command, title)


@service("POST", "/api/nets/copy", role="run", body=Copy, answer=JobView)
def copy(call: Request) -> JobView:
    """Copy a shipped config, with the files that it refers to, as a job."""
    shipped_text(call.body.name)  # it exists
    folder = call.studio.roots.path(call.body.folder or ".")
    title = f"Copy {call.body.name} to {call.studio.roots.shown(folder)}"
    return _job(call, ["copy", call.body.name, str(folder)], title)


@service("POST", "/api/nets/clone", role="run", body=NetPath, answer=Version)
def clone(call: Request) -> Version:
    """Copy a net or solver beside itself."""
    path = call.studio.roots.existing(call.body.path)
    target = free_name(path)
    copied = write(target, read(path).text, "")
    return Version(call.studio.roots.shown(target), copied.version)


@service("GET", "/api/nets/diff", query=Pair)
def diff(call: Request) -> dict[str, Any]:
    """How two nets or solvers differ: by meaning, and by lines."""
    old, new = call.query.old, call.query.new
    paths = [str(call.studio.roots.existing(one)) for one in (old, new)]
    values = {"old": paths[0], "new": paths[1], "old_name": old, "new_name": new}
    folders = [str(folder) for folder in call.studio.roots.folders] if call.user.name else []
    found: dict[str, Any] = call.studio.workers.quick.ask("diff", folders=folders, **values)
    return found


@service("GET", "/api/nets/text", query=NetPath, answer=NetText)
def text(call: Request) -> NetText:
    """The text of a net or solver, or of a shipped config."""
    return text_of(call, call.query)


def text_of(call: Request, wanted: NetPath) -> NetText:
    """The text of a net or solver, or of a shipped config."""
    if wanted.config:
        shipped = shipped_text(wanted.config)
        return NetText(wanted.config, shipped.text, shipped.version, kind_of(shipped.text) or "", False)
    path = call.studio.roots.existing(wanted.path)
    if path.is_dir():
        raise UsageError(f"{wanted.path} is a folder")
    known = read(path)
    writable = call.user.may("run")
    return NetText(
        call.studio.roots.shown(path), known.text, known.version, kind_of(known.text) or "", writable
    )


@service("PUT", "/api/nets/text", role="run", body=Saved, body_bytes=4 << 20)
def save(call: Request) -> Version | JSONResponse:
    """Write a text; refused with status 409 and the differences if the file has changed."""
    wanted: Saved = call.body
    path = call.studio.roots.path(wanted.path)
    if not path.suffix:
        path = path.with_name(path.name + _NEW_SUFFIX)
    try:
        done = write(path, wanted.text, wanted.version)
    except ChangedError as error:
        on_disk = error.now.text if error.now is not None else ""
        lines = difflib.unified_diff(
            on_disk.splitlines(), wanted.text.splitlines(), "on disk", "yours", lineterm=""
        )
        version = error.now.version if error.now is not None else ""
        refusal = {"error": str(error), "version": version, "text": on_disk, "diff": list(lines)}
        return JSONResponse(refusal, 409)
    return Version(call.studio.roots.shown(path), done.version)


@service("DELETE", "/api/nets/text", role="run", query=Version)
def remove(call: Request) -> dict[str, str]:
    """Remove a file that still has a version: the way back from a copy that was just made."""
    path: Path = call.studio.roots.existing(call.query.path)
    if describe(path, call.query.path) is None:
        raise NotFoundError(f"{call.query.path} is neither a net nor a solver")
    if read(path).version != call.query.version:
        raise UsageError(f"{path.name} has changed; it is left as it is")
    path.unlink()
    return {"removed": call.query.path}


def _job(call: Request, command: list[str], title: str) -> JobView:
    folder = str(call.studio.roots.folders[0])
    job = call.studio.queue.add(Order(command, folder, title, "net", user=call.user.name))
    call.studio.events.publish(jobs=[job.id])
    return view(job)
