"""Training: the form of a solver, its schedule, its check, and the job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layerzoo.errors import UsageError
from layerzoo.studio.api.jobs import JobView, view
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request
from layerzoo.studio.training.commands import Checked, check, layerzoo
from layerzoo.studio.training.fields import Group, form
from layerzoo.studio.training.ordering import NAME, Preview, Training, loaded
from layerzoo.studio.training.wish import Problem, Wish

_SECONDS: Final = 300.0
_LISTED: Final = 100
_LOOKED: Final = 20_000
_SKIPPED: Final = frozenset({"node_modules", "__pycache__"})


@dataclass
class SolverWanted:
    """The file of a solver, below the studio's folders."""

    solver: str


@dataclass
class Form:
    """The form of a solver: its fields with their values and help, and what is wrong with it."""

    groups: list[Group]
    problems: list[Problem]


@dataclass
class PreviewWanted(Wish):
    """What is wanted, and how many iterations an epoch has if that is known."""

    per_epoch: float = 0.0


@dataclass
class Started:
    """The job, or what is wrong."""

    job: JobView | None
    problems: list[Problem]


@dataclass
class ProjectWanted:
    """A project to begin with.

    Attributes:
        data: what it learns from.
        folder: where it is written; it must be free.
        model: its net, or ``zoo:NAME`` to fine-tune; empty: chosen by the data.
        size: side of images; 0: chosen.
        batch_size, epochs: 0: chosen.
        label: columns of a table to predict.
    """

    data: str
    folder: str
    model: str = ""
    size: int = 0
    batch_size: int = 0
    epochs: int = 0
    label: str = ""


@dataclass
class NetWanted:
    """A net to write a solver for; it is written beside the net."""

    net: str


@dataclass
class Project:
    """A solver that was written, and what the command said of it."""

    solver: str
    said: str


@service("GET", "/api/train/form", query=SolverWanted, answer=Form)
def solver_form(call: Request) -> Form:
    """The fields of a solver with their values and help."""
    document, problems = loaded(call.studio.roots.existing(call.query.solver), [])
    return Form([] if document is None else form(document), problems)


@service("POST", "/api/train/preview", body=PreviewWanted, answer=Preview)
def preview(call: Request) -> Preview:
    """The command, the files and the schedule of a training, and faults that are quick to find."""
    return training(call, call.body).preview(call.body.per_epoch)


@service("POST", "/api/train/check", role="run", body=Wish, answer=Checked, seconds=_SECONDS)
def check_training(call: Request) -> Checked:
    """All faults and warnings of a training, as ``layerzoo check`` finds them, and the memory it needs."""
    return _checked(call, training(call, call.body))


@service("POST", "/api/train", role="run", body=Wish, answer=Started, seconds=_SECONDS)
def train(call: Request) -> Started:
    """Check a training, and put it into the queue."""
    wanted = training(call, call.body)
    problems = wanted.preview().problems or _checked(call, wanted).problems
    if problems:
        return Started(None, problems)
    job = call.studio.queue.add(wanted.order(call.user.name))
    call.studio.events.publish(jobs=[job.id])
    return Started(view(job), [])


@service("POST", "/api/train/project", role="run", body=ProjectWanted, answer=Project, seconds=_SECONDS)
def project(call: Request) -> Project:
    """Look at data, and write a net and a solver that fit them: ``layerzoo new``."""
    wanted: ProjectWanted = call.body
    roots = call.studio.roots
    command = ["new", str(roots.path(wanted.folder)), "-data", str(roots.existing(wanted.data))]
    for flag, value in (("model", wanted.model), ("label", wanted.label)):
        command += [f"-{flag}={value}"] if value else []
    for flag, number in (("size", wanted.size), ("batch_size", wanted.batch_size), ("epochs", wanted.epochs)):
        command += [f"-{flag}={number}"] if number else []
    said = layerzoo(roots.folders[0], command)
    return Project(roots.shown(roots.path(wanted.folder) / "solver.yaml"), said)


@service("POST", "/api/train/solver", role="run", body=NetWanted, answer=Project)
def solver_of_net(call: Request) -> Project:
    """Write a solver for a net, beside it."""
    roots = call.studio.roots
    net = roots.existing(call.body.net)
    if not net.is_file() or not NAME.fullmatch(net.name):
        raise UsageError(f"{net.name!r} can't be a net: expected a file of letters, digits, '.', '_' and '-'")
    stem = net.stem.removesuffix("_train_test").removesuffix("_train_val")
    path = next(
        one
        for number in range(1, 10_000)
        if not (one := net.with_name(f"{stem}{'' if number == 1 else f'-{number}'}_solver.yaml")).exists()
    )
    path.write_text(_SOLVER.format(net=net.name))
    return Project(roots.shown(path), "")


_SOLVER: Final = """# Written by Layerzoo Studio; each value can be changed here or in the form.
net: "{net}"
type: SGD
base_lr: 0.01
momentum: 0.9
weight_decay: 0.0005
lr_policy: cosine
max_iter: 1000
display: 50
snapshot: 500
random_seed: 1
solver_mode: CPU
"""


def training(call: Request, wish: Wish) -> Training:
    """The training that is wanted."""
    studio = call.studio
    if not 0 <= wish.gpus <= 64 or not 1 <= wish.processes <= 256 or not 1 <= wish.trials <= 1000:
        raise UsageError("expected 0 to 64 GPUs, 1 to 256 processes and 1 to 1000 trials")
    used = [job.order.run for job in studio.queue.jobs() if job.order.folder == str(studio.roots.folders[0])]
    return Training(wish, studio.roots.existing(wish.solver), studio.roots.folders[0], used)


def solvers(call: Request) -> list[Path]:
    """Solvers below the studio's folders, the last changed first."""
    found: list[Path] = []
    for root in call.studio.roots.folders:
        found += _solvers(root)
    return sorted(found, key=lambda path: -path.stat().st_mtime)[:_LISTED]


def _solvers(root: Path) -> Iterator[Path]:
    looked = 0
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in _SKIPPED and ".run" not in name
        ]
        looked += len(files) + 1
        if looked > _LOOKED:
            return
        for name in files:
            if name.endswith(("solver.yaml", "solver.prototxt")):
                yield Path(folder) / name


def _checked(call: Request, wanted: Training) -> Checked:
    """The result of a check with all values of each axis, one after the other."""
    longest = max([1, *(len(parts) for parts in wanted.axes.values())])
    checked = Checked()
    for number in range(min(longest, 8)):
        values = [f"{path}={parts[number % len(parts)]}" for path, parts in wanted.axes.items()]
        found = check(call.studio.roots.folders[0], wanted.solver, [*wanted.settings, *values])
        if found.problems:
            return found
        checked = found if found.memory >= checked.memory else checked
    return checked
