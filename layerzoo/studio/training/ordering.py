"""From what a user wants trained to the job that trains it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import ConfigError, LayerzooError, UsageError
from layerzoo.loader import Document, load_solver
from layerzoo.lr_policy import check_policy
from layerzoo.runs import SUFFIX
from layerzoo.schema import SolverParameter
from layerzoo.studio.jobs import Order
from layerzoo.studio.jobs.order import shown
from layerzoo.studio.training.estimate import problem
from layerzoo.studio.training.schedule import Schedule, schedule
from layerzoo.studio.training.wish import (
    Problem,
    Wish,
    axes,
    axis_problems,
    combinations,
    plan_text,
    settings,
)

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MAX_TRIALS: Final = 1000


@dataclass
class Written:
    """A file that is written: its path and its text."""

    path: str
    text: str


@dataclass
class Preview:
    """What would be queued.

    Attributes:
        command: as users type it.
        run: where the run is written.
        files: what is written before.
        trials: how many trainings it is; 0 for a single one without a tune.
        schedule: the learning rate, of the first of several.
        problems: what is wrong.
    """

    command: str
    run: str
    files: list[Written] = field(default_factory=list)
    trials: int = 0
    schedule: Schedule = field(default_factory=Schedule)
    problems: list[Problem] = field(default_factory=list)


class Training:
    """A training that is asked for.

    Args:
        wish: what is wanted.
        solver: file of the solver.
        top: the folder that commands run in.
        used: prefixes of runs of other jobs, relative to ``top``.
    """

    def __init__(self, wish: Wish, solver: Path, top: Path, used: Iterable[str] = ()) -> None:
        self.wish, self._top = wish, top
        self.solver = solver
        self.axes = axes(wish)
        self._beside = solver.parent.parent if solver.parent.name.endswith(SUFFIX) else solver.parent / "runs"
        self.name = _name(wish, solver)
        self.run = self._free({*used})

    @property
    def settings(self) -> list[str]:
        """``PATH=VALUE`` of all ``-set``."""
        return settings(self.wish)

    def preview(self, per_epoch: float = 0.0) -> Preview:
        """What would be queued, and what is wrong as far as that needs no torch."""
        problems = axis_problems(self.axes)
        first = [f"{path}={parts[0]}" for path, parts in self.axes.items() if parts]
        document, faults = loaded(self.solver, [*self.settings, *first])
        problems += faults
        if combinations(self.wish, self.axes) > _MAX_TRIALS:
            problems.append(Problem("", f"more than {_MAX_TRIALS:,} trials; leave out some values"))
        made = Preview(shown(self.command(document)), self.run, problems=problems)
        made.trials = combinations(self.wish, self.axes)
        if self.axes:
            made.files.append(Written(self.plan, self._plan_text()))
        if document is not None:
            made.schedule = schedule(document.message, per_epoch)
            made.problems += _policy_problems(document.message)
        return made

    @property
    def plan(self) -> str:
        """The file of a tune, relative to the folder that commands run in."""
        return f"{self.run}_tune.yaml"

    def command(self, document: Document[SolverParameter] | None) -> list[str]:
        """The arguments of ``layerzoo``."""
        wish, on_cpu = self.wish, document is not None and document.message.solver_mode == SolverParameter.CPU
        device = [] if on_cpu and not wish.gpus else ["-gpu", ",".join(map(str, range(wish.gpus))) or "none"]
        processes = (
            ["-processes", str(wish.processes)] if wish.processes > 1 and (self.axes or not wish.gpus) else []
        )
        if self.axes:
            return ["tune", self.plan, *device, *processes]
        weights = [f"-weights={wish.weights}"] if wish.weights else []
        words = ["train", "-solver", self._shown(self.solver), *weights]
        for one in [*self.settings, f"snapshot_prefix={self.run}"]:
            words += ["-set", one]
        return [*words, *device, *processes]

    def order(self, user: str) -> Order:
        """The job; the file of a tune is written.

        Raises:
            OSError: it can't be written.
        """
        document, _ = loaded(self.solver, self.settings)
        kind = "tune" if self.axes else "train"
        if self.axes:
            path = self._top / self.plan
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._plan_text())
        return Order(
            self.command(document),
            str(self._top),
            Path(self.run).name,
            kind,
            self.wish.gpus,
            self.wish.priority,
            "" if self.axes else self.run,
            user,
            resumable=True,
        )

    def _plan_text(self) -> str:
        return plan_text(self.wish, str(self.solver), self.settings, self.axes)

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._top)) if path.is_relative_to(self._top) else str(path)

    def _free(self, used: set[str]) -> str:
        """A prefix that no run and no job has."""
        for number in range(1, 10_000):
            prefix = self._beside / (self.name if number == 1 else f"{self.name}-{number}")
            others = (prefix.with_name(f"{prefix.name}{end}") for end in (SUFFIX, "_tune.yaml"))
            if self._shown(prefix) not in used and not any(one.exists() for one in others):
                return self._shown(prefix)
        raise UsageError(f"too many runs {self.name}; choose another name")


def loaded(solver: Path, given: list[str]) -> tuple[Document[SolverParameter] | None, list[Problem]]:
    """A solver with settings, as far as it can be read, and what is wrong with it."""
    faults: list[Any] = []
    try:
        document = load_solver(solver, given, faults=faults)
    except ConfigError as error:
        return None, [Problem(**problem(fault)) for fault in error.faults]
    except LayerzooError as error:
        return None, [Problem("", str(error))]
    return document, [Problem(**problem(fault)) for fault in faults]


def _policy_problems(message: SolverParameter) -> list[Problem]:
    drawn = SolverParameter()
    drawn.CopyFrom(message)
    if drawn.max_epoch and not drawn.max_iter:
        drawn.max_iter = 1  # it follows from the data
    return [Problem(**problem(fault)) for fault in check_policy(drawn)]


def _name(wish: Wish, solver: Path) -> str:
    """The name of the run: the one that is asked for, else the project's.

    Raises:
        UsageError: it can't be a file's name.
    """
    folder = solver.parent
    usual = folder.name.removesuffix(SUFFIX) if solver.stem == "solver" else solver.stem
    name = wish.name.strip() or usual.removesuffix("_solver") or "run"
    if not NAME.fullmatch(name):
        raise UsageError(f"the name {name!r} has other characters than letters, digits, '.', '_' and '-'")
    return name
