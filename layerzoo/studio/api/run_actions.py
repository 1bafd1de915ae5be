"""What can be done with a run: go on from a snapshot, evaluate, publish, download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.responses import FileResponse

from layerzoo.errors import UsageError
from layerzoo.runs import CONFIG, SUFFIX, open_run
from layerzoo.studio.api.jobs import JobView, run_folder, view
from layerzoo.studio.jobs import Order
from layerzoo.studio.routing import NotFoundError, service
from layerzoo.studio.studio import Request
from layerzoo.studio.training.ordering import NAME

_ACTIVE: Final = ("queued", "running", "stopping", "paused")


@dataclass
class GoOn:
    """How a run goes on.

    Attributes:
        snapshot: iteration of the snapshot; -1: the newest.
        max_iter: iteration at which it ends; 0: as in its config.
        max_epoch: the same in epochs.
    """

    snapshot: int = -1
    max_iter: int = 0
    max_epoch: float = 0.0


@dataclass
class Published:
    """The name in the zoo."""

    name: str


@dataclass
class SnapshotFile:
    """A file of a snapshot."""

    name: str
    bytes: int


@service("POST", "/api/runs/{run}/resume", role="run", body=GoOn, answer=JobView)
def resume(call: Request) -> JobView:
    """Train a run further, from a snapshot."""
    wanted: GoOn = call.body
    path = run_path(call)
    prefix = str(path).removesuffix(SUFFIX)
    for job in call.studio.queue.jobs():
        order = job.order
        if order.run and job.state in _ACTIVE and run_folder(order.folder, order.run) == path:
            raise UsageError(f"job {job.id} trains this run; it is {job.state}")
    start = ["-resume", "auto"]
    if wanted.snapshot >= 0:
        start = ["-snapshot", str(snapshot_path(path, wanted.snapshot))]
    command = ["train", "-solver", str(path / CONFIG), *start, "-set", f"snapshot_prefix={prefix}"]
    for name, value in (("max_iter", wanted.max_iter), ("max_epoch", wanted.max_epoch)):
        command += ["-set", f"{name}={value:g}"] if value else []
    order = _order(call, command, path.name.removesuffix(SUFFIX), "train")
    order.run, order.resumable = prefix, True
    return _queued(call, order)


@service("POST", "/api/runs/{run}/evaluate", role="run", answer=JobView)
def evaluate(call: Request) -> JobView:
    """Test a run's net: ``layerzoo test -run``."""
    path = run_path(call)
    title = f"test of {path.name.removesuffix(SUFFIX)}"
    return _queued(call, _order(call, ["test", "-run", str(path)], title, "evaluate"))


@service("POST", "/api/runs/{run}/publish", role="run", body=Published, answer=JobView)
def publish(call: Request) -> JobView:
    """Publish a run's net in the zoo: ``layerzoo zoo publish``."""
    path, name = run_path(call), call.body.name.strip()
    if not NAME.fullmatch(name):
        raise UsageError(f"the name {name!r} has other characters than letters, digits, '.', '_' and '-'")
    return _queued(
        call, _order(call, ["zoo", "publish", str(path), "-name", name], f"publish {name}", "publish")
    )


@service("GET", "/api/runs/{run}/snapshots/{iteration}", answer=list[SnapshotFile])
def snapshot_files(call: Request) -> list[SnapshotFile]:
    """The files of a snapshot."""
    return files_of(snapshot_path(run_path(call), _iteration(call)))


@service("GET", "/api/runs/{run}/snapshots/{iteration}/{file}", seconds=0)
def download(call: Request) -> FileResponse:
    """Download a file of a snapshot."""
    folder, name = snapshot_path(run_path(call), _iteration(call)), call.path["file"]
    if name not in [one.name for one in files_of(folder)]:
        raise NotFoundError(f"the snapshot has no file {name!r}")
    path = folder if folder.is_file() else folder / name
    run = path.parent.name if folder.is_file() else folder.parent.name
    return FileResponse(
        path, media_type="application/octet-stream", filename=f"{run.removesuffix(SUFFIX)}_{name}"
    )


def run_path(call: Request) -> Path:
    """The folder of the run that the address names."""
    path = Path(call.studio.index.run(call.path["run"]).path)
    return call.studio.roots.existing(str(path))


def files_of(snapshot: Path) -> list[SnapshotFile]:
    """The files of a snapshot, which is a folder or a file; links are left out."""
    inside = [snapshot] if snapshot.is_file() else sorted(snapshot.iterdir())
    return [
        SnapshotFile(path.name, path.stat().st_size)
        for path in inside
        if path.is_file() and not path.is_symlink()
    ]


def snapshot_path(run: Path, iteration: int) -> Path:
    """The snapshot of an iteration.

    Raises:
        NotFoundError: the run has none.
    """
    for number, path in open_run(run).snapshots:
        if number == iteration and not path.is_symlink():
            return path
    raise NotFoundError(f"the run has no snapshot of iteration {iteration}")


def _iteration(call: Request) -> int:
    text = call.path["iteration"]
    if not text.isdecimal() or len(text) > 18:
        raise NotFoundError(f"no snapshot {text!r}")
    return int(text)


def _order(call: Request, command: list[str], title: str, kind: str) -> Order:
    return Order(command, str(call.studio.roots.folders[0]), title, kind, user=call.user.name)


def _queued(call: Request, order: Order) -> JobView:
    job = call.studio.queue.add(order)
    call.studio.events.publish(jobs=[job.id])
    return view(job)
