"""The lessons of ``configs/courses``: what ``scores.yaml`` says of them, and runs that measure it."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from layerzoo.host import import_modules
from layerzoo.loader import load_solver
from layerzoo.solver import Solver
from layerzoo.tune import Plan, read_plan
from tests.shipped import FOLDER

COURSES = FOLDER / "courses"
SCORES = Path(__file__).with_name("scores.yaml")
SEEDS = (1, 2, 3)
MODULES = sorted(path.stem for path in COURSES.glob("*.py"))
"""Modules with Python layers of lessons, which ``-allow_python`` names on the command line."""
HEADER = SCORES.read_text(encoding="utf-8").partition("\n\n")[0] + "\n\n"
"""The comment at the top of the file, which says what its fields are."""


@dataclass(frozen=True)
class Bar:
    """What the metric of a run has to reach.

    Attributes:
        least: the lowest value that does; None for metrics that are better when low.
        most: the highest value that does; None for metrics that are better when high.
    """

    least: float | None
    most: float | None

    def is_reached(self, value: float) -> bool:
        """Whether a value is good enough; NaN never is."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        return f">= {self.least}" if self.least is not None else f"<= {self.most}"


def bar_of(*entries: dict[str, Any]) -> Bar:
    """The bar of the first entry that has one."""
    for entry in entries:
        if len({"at_least", "at_most"} & set(entry)) == 1:
            return Bar(entry.get("at_least"), entry.get("at_most"))
    raise ValueError(f"neither at_least nor at_most in {entries}")


def lesson_names() -> list[str]:
    """The lessons on disk: nets that have a solver beside them."""
    return sorted(path.name.removesuffix("_solver.yaml") for path in COURSES.glob("*_solver.yaml"))


def read_scores() -> dict[str, Any]:
    """The committed scores by lesson."""
    read: dict[str, Any] = yaml.safe_load(SCORES.read_text(encoding="utf-8"))
    return read


class _Plain(yaml.SafeDumper):
    """Writes a list that stands in several places each time, in place of an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        return True


def write_scores(scores: dict[str, Any]) -> None:
    """Replace the committed scores."""
    text = yaml.dump(scores, Dumper=_Plain, sort_keys=True, default_flow_style=None, width=110)
    SCORES.write_text(HEADER + text, encoding="utf-8")


def plan_of(name: str) -> Plan | None:
    """The plan of ``layerzoo tune`` that a lesson ships with."""
    file = COURSES / f"{name}_tune.yaml"
    return read_plan(file) if file.exists() else None


def runs_of_plan(plan: Plan) -> dict[str, list[str]]:
    """``-set`` arguments of the trials of a plan that changes one axis at a time, by the value that differs.

    The first, which changes nothing, is called by the first values of all axes.
    """
    assert plan.search == "one_at_a_time"
    proposed = [plan.searcher().propose(number) for number in range(plan.trials)]
    first = " ".join(proposed[0].values())
    return {
        list(values.values())[-1] if number else first: [*plan.settings, *plan.arguments(values)]
        for number, values in enumerate(proposed)
    }


def settings_of_runs(name: str, lesson: dict[str, Any]) -> dict[str, list[str]]:
    """``-set`` arguments of the runs of a lesson: those of ``scores.yaml``, or of its plan."""
    plan = plan_of(name) if lesson.get("runs_of_plan") else None
    if plan is not None:
        return runs_of_plan(plan)
    return {run: given.get("set", []) for run, given in lesson["runs"].items()}


def make_solver(name: str, changes: list[str], folder: Path, seed: int = 1, device: str = "cpu") -> Solver:
    """A lesson's solver, on the CPU on one thread, which writes nothing."""
    if str(COURSES) not in sys.path:
        sys.path.append(str(COURSES))
    import_modules(MODULES)
    file = COURSES / f"{name}_solver.yaml"
    quiet = ["snapshot_after_train=false", "display=0"]
    if load_solver(file).message.test_interval:
        quiet += ["test_interval=1000000", "test_initialization=false"]
    fixed = [f"random_seed={seed}", f"snapshot_prefix={folder / name}"]
    return Solver(load_solver(file, [*quiet, *fixed, *changes]), device=device)


def measure(
    name: str, metric: str, changes: list[str], seed: int = 1, module: str = ""
) -> tuple[float, float]:
    """Train a lesson to its end, then test it.

    Args:
        name: the lesson.
        metric: an output of its test net, or what ``module`` measures.
        changes: ``-set`` arguments.
        seed: the solver's.
        module: a module beside this one, whose function ``value`` takes the arguments above and measures in
            place of a training and a test.

    Returns:
        the metric, and the processor seconds that it took, which don't depend on what else runs.
    """
    begun = time.process_time()
    if module:
        value: float = import_module(f"tests.courses.{module}").value(name, metric, changes, seed)
        return value, time.process_time() - begun
    with tempfile.TemporaryDirectory() as folder:
        solver = make_solver(name, changes, Path(folder), seed)
        solver.finish()
        scores = solver.test()[-1]  # where a first test net chooses, the last one judges
        (value,) = scores.values[metric]
        return value, time.process_time() - begun
