"""What changes the zoo or writes files of it: commands that run as jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from starlette.responses import FileResponse

from layerzoo.errors import UsageError
from layerzoo.studio.api.jobs import JobView, view
from layerzoo.studio.api.zoo import attached, check_word
from layerzoo.studio.jobs import Order
from layerzoo.studio.routing import NotFoundError, service
from layerzoo.studio.studio import Request
from layerzoo.zoo.manifest import check_name
from layerzoo.zoo.remotes import remotes
from layerzoo.zoo.store import LocalZoo

EXPORTED: Final = "exported"
"""The folder below the first root that exports are written to."""
Form = Literal["onnx", "torch_export", "safetensors", "caffemodel", "python"]
SUFFIXES: Final[dict[str, str]] = {
    "onnx": ".onnx",
    "torch_export": ".pt2",
    "safetensors": ".safetensors",
    "caffemodel": ".caffemodel",
    "python": ".py",
}


@dataclass
class Getting:
    """An entry of a store; ``signed``: it must be signed by a trusted key."""

    name: str
    store: str = ""
    signed: bool = False


@dataclass
class Verifying:
    """``signed``: it must be signed by a trusted key."""

    signed: bool = False


@dataclass
class Exporting:
    """A format, and the name of the file; empty for the entry's name."""

    form: Form
    file: str = ""


@dataclass
class Pushing:
    """The store to upload to: a name of zoo.toml, or a folder below the studio's."""

    to: str


@dataclass
class Publishing:
    """A run to publish; see ``layerzoo zoo publish``."""

    run: str
    name: str
    title: str = ""
    description: str = ""
    license: str = ""
    tags: list[str] = field(default_factory=list)
    last: bool = False
    caffemodel: bool = False


@dataclass
class ExportedFile:
    """A file that was exported."""

    name: str
    size: int
    modified: float


@dataclass
class ExportedFiles:
    """The files that were exported, the newest first."""

    files: list[ExportedFile]


def _job(call: Request, command: list[str], title: str) -> JobView:
    folder = str(call.studio.roots.folders[0])
    job = call.studio.queue.add(Order(command, folder, title, "zoo", user=call.user.name))
    call.studio.events.publish(jobs=[job.id])
    return view(job)


def _address(call: Request) -> str:
    """The address of an entry that is here."""
    return LocalZoo().get(call.path["entry"]).address


def exported(call: Request) -> list[ExportedFile]:
    """The files that were exported, the newest first."""
    folder = call.studio.roots.folders[0] / EXPORTED
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            facts = path.stat()
            found.append(ExportedFile(path.name, facts.st_size, facts.st_mtime))
    return sorted(found, key=lambda one: -one.modified)


@service("POST", "/api/zoo/get", role="run", body=Getting, answer=JobView)
def get(call: Request) -> JobView:
    """Download an entry of a store, or a classic net from its publisher."""
    asked: Getting = call.body
    name = check_word("name", asked.name)
    check_name(name.partition("@")[0])
    command = ["zoo", "get", name]
    if asked.store:
        if asked.store not in {remote.name for remote in remotes()}:
            raise NotFoundError(
                f"no store {asked.store!r}; stores are configured in zoo.toml in LAYERZOO_HOME"
            )
        command += ["-from", asked.store]
    if asked.signed:
        command.append("-signed")
    return _job(call, command, f"Get {name}")


@service("POST", "/api/zoo/entries/{entry}/verify", role="run", body=Verifying, answer=JobView)
def verify(call: Request) -> JobView:
    """Verify hashes, signature and sample outputs of an entry."""
    address = _address(call)
    command = ["zoo", "verify", address, *(["-signed"] if call.body.signed else [])]
    return _job(call, command, f"Verify {address}")


@service("POST", "/api/zoo/entries/{entry}/export", role="run", body=Exporting, answer=JobView)
def export(call: Request) -> JobView:
    """Write an entry in a format of other programs; the result is checked."""
    asked: Exporting = call.body
    address = _address(call)
    name = address.partition("@")[0]
    default = f"{name.replace('-', '_') if asked.form == 'python' else name}{SUFFIXES[asked.form]}"
    file = check_name(asked.file or default, "a file")
    if not file.endswith(SUFFIXES[asked.form]):
        raise UsageError(f"{file}: the name of a {asked.form} file ends in {SUFFIXES[asked.form]}")
    folder = call.studio.roots.folders[0] / EXPORTED
    if (folder / file).exists():
        raise UsageError(f"{EXPORTED}/{file} already exists; name another file")
    folder.mkdir(exist_ok=True)
    out = str(Path(EXPORTED) / file)
    return _job(call, ["export", "-zoo", address, "-format", asked.form, "-out", out], f"Export {file}")


@service("POST", "/api/zoo/entries/{entry}/push", role="admin", body=Pushing, answer=JobView)
def push(call: Request) -> JobView:
    """Upload an entry to a store of zoo.toml, or to a folder."""
    to = check_word("the store", call.body.to)
    if to not in {remote.name for remote in remotes()}:
        if "://" in to:
            raise UsageError(
                f"{to}: the studio pushes to stores of zoo.toml and to folders; add it to zoo.toml"
            )
        to = str(call.studio.roots.path(to))
    address = _address(call)
    return _job(call, ["zoo", "push", address, "-to", to], f"Push {address}")


@service("POST", "/api/zoo/publish", role="run", body=Publishing, answer=JobView)
def publish(call: Request) -> JobView:
    """Publish a run in the zoo of this machine, with the weights of its best test."""
    asked: Publishing = call.body
    run = call.studio.index.run(asked.run)
    name = check_name(check_word("name", asked.name))
    command = ["zoo", "publish", run.path, f"-name={name}"]
    facts = {"title": asked.title, "description": asked.description, "license": asked.license}
    command += [f"-{flag}={text.strip()}" for flag, text in facts.items() if text.strip()]
    if any("," in tag for tag in asked.tags):
        raise UsageError("a tag has no comma")
    if tags := [tag.strip() for tag in asked.tags if tag.strip()]:
        command.append(f"-tags={','.join(tags)}")
    command += ["-last"] if asked.last else []
    command += ["-caffemodel"] if asked.caffemodel else []
    return _job(call, command, f"Publish {name}")


@service("GET", "/api/zoo/exports", answer=ExportedFiles)
def list_exports(call: Request) -> ExportedFiles:
    """The files that were exported."""
    return ExportedFiles(exported(call))


@service("GET", "/api/zoo/exports/{file}")
def download_export(call: Request) -> FileResponse:
    """A file that was exported."""
    if call.path["file"] not in {one.name for one in exported(call)}:
        raise NotFoundError(f"no exported file {call.path['file']!r}")
    return attached(call.studio.roots.folders[0] / EXPORTED / call.path["file"])
