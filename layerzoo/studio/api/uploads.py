"""Uploads: files in pieces, and the data sets that are made of them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import ClientDisconnect

from layerzoo.errors import UsageError
from layerzoo.studio.api.data import free_target
from layerzoo.studio.datasets import Upload
from layerzoo.studio.datasets.uploads import PIECE, is_archive, suffix_of
from layerzoo.studio.jobs import Order
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request

_PIECE_S = 900.0


@dataclass
class UploadList:
    """The user's uploads that have not become data sets."""

    uploads: list[Upload]


@dataclass
class Begin:
    """A file that will be sent.

    Attributes:
        file: its name; an archive, or a table, HDF5 or JSON.
        size: its bytes.
        key: what the page knows these bytes by; an upload of the same key goes on where it was.
    """

    file: str
    size: int
    key: str = ""


@dataclass
class Piece:
    """Where a piece begins: at the bytes that have arrived."""

    offset: int


@dataclass
class Finish:
    """The data set that an upload becomes: a new folder, or for a single file a new file's folder."""

    target: str


@dataclass
class Made:
    """The data set that an upload becomes.

    Attributes:
        path: where it is, or will be.
        job: the job that unpacks it; empty if it is there.
    """

    path: str
    job: str


@service("GET", "/api/uploads", role="run", answer=UploadList)
def list_uploads(call: Request) -> UploadList:
    """Uploads that have not become data sets."""
    return UploadList(call.studio.datasets.uploads.uploads(call.user.name))


@service("POST", "/api/uploads", role="run", body=Begin, answer=Upload)
def begin(call: Request) -> Upload:
    """Begin an upload, or find the one of the same key."""
    wanted: Begin = call.body
    if len(wanted.file) > 200 or len(wanted.key) > 200:
        raise UsageError("names of files and keys have at most 200 characters")
    return call.studio.datasets.uploads.begin(wanted.file, wanted.size, wanted.key, call.user.name)


@service("GET", "/api/uploads/{upload}", role="run", answer=Upload)
def show(call: Request) -> Upload:
    """An upload, and how much of it has arrived."""
    return call.studio.datasets.uploads.upload(call.path["upload"], call.user.name)


@service(
    "PUT",
    "/api/uploads/{upload}",
    role="run",
    query=Piece,
    answer=Upload,
    raw=True,
    body_bytes=PIECE,
    seconds=_PIECE_S,
)
async def add(call: Request) -> Upload:
    """Send a piece, of at most 16 MiB; what arrives before an interruption stays."""
    uploads = call.studio.datasets.uploads
    upload = uploads.upload(call.path["upload"], call.user.name)
    try:
        return await uploads.add(upload, call.query.offset, call.request.stream())
    except ClientDisconnect:
        raise UsageError("the connection ended before the piece did") from None


@service("DELETE", "/api/uploads/{upload}", role="run")
def remove(call: Request) -> dict[str, str]:
    """Forget an upload."""
    uploads = call.studio.datasets.uploads
    upload = uploads.upload(call.path["upload"], call.user.name)
    uploads.remove(upload)
    return {"removed": upload.id}


@service("POST", "/api/uploads/{upload}/finish", role="run", body=Finish, answer=Made)
def finish(call: Request) -> Made:
    """Make a data set of an upload: unpack it, or put the file in its place."""
    uploads = call.studio.datasets.uploads
    upload = uploads.upload(call.path["upload"], call.user.name)
    content = uploads.whole(upload)
    if is_archive(upload.file):
        target = free_target(call, call.body.target)
        command = ["data", "unpack", str(content), str(target), "-remove"]
        order = Order(command, str(target.parent), f"Unpack {target.name}", kind="data", user=call.user.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        job = call.studio.queue.add(order)
        uploads.used(upload)
        call.studio.events.publish(jobs=[job.id])
        return Made(str(target), job.id)
    target = free_target(call, call.body.target.removesuffix(suffix_of(upload.file)) + suffix_of(upload.file))
    uploads.move(upload, target)
    return Made(str(target), "")
