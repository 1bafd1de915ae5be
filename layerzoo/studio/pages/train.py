"""Train: choose data, a net or a solver, fill in the form, and put the training into the queue."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.responses import Response

from layerzoo.errors import UsageError
from layerzoo.home import PACKAGE
from layerzoo.runs import CONFIG, SUFFIX
from layerzoo.studio.api.train import solvers
from layerzoo.studio.jobs import gpus
from layerzoo.studio.pages.rendering import render
from layerzoo.studio.routing import page
from layerzoo.studio.studio import Request
from layerzoo.studio.training.fields import form
from layerzoo.studio.training.ordering import loaded


@dataclass
class TrainWanted:
    """What to train.

    Attributes:
        data: a folder or file to learn from.
        net: a net.
        solver: a solver.
        weights: files that training begins with.
        run: id of a run whose config is taken.
    """

    data: str = ""
    net: str = ""
    solver: str = ""
    weights: str = ""
    run: str = ""


@page("/train", query=TrainWanted)
def train(call: Request) -> Response:
    """Choose what to train, or fill in how."""
    wanted: TrainWanted = call.query
    roots = call.studio.roots
    if wanted.run:
        wanted.solver = str(Path(call.studio.index.run(wanted.run).path) / CONFIG)
    if not wanted.solver:
        found = [roots.shown(path) for path in solvers(call)]
        command = f"layerzoo new PROJECT -data {wanted.data or 'DATA'}"
        return render(
            call,
            "train_start.html",
            "train",
            "Train",
            wanted=wanted,
            solvers=found,
            models=models(),
            command=command,
        )
    path = roots.existing(wanted.solver)
    document, problems = loaded(path, [])
    if document is None:
        raise UsageError("\n\n".join(one.text for one in problems))
    name = path.parent.name.removesuffix(SUFFIX) if path.stem == "solver" else path.stem
    return render(
        call,
        "train.html",
        "train",
        f"Train {name}",
        solver=roots.shown(path),
        name=name.removesuffix("_solver"),
        groups=form(document),
        problems=problems,
        weights=wanted.weights,
        gpus=gpus(),
        run=wanted.run,
        command=f"layerzoo train -solver {roots.shown(path)}",
    )


@cache
def models() -> dict[str, str]:
    """The nets of ``layerzoo new``, and what each is; their modules need torch and aren't imported."""
    found = {}
    for path in sorted((PACKAGE / "projects" / "templates").glob("*.py")):
        if not path.stem.startswith("_"):
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            found[path.stem] = doc.partition("\n")[0].rstrip(".")
    return found
