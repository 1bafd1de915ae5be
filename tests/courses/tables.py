"""Writes the scores of a lesson whose runs are trials of a plan as a table beside it."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

from layerzoo.tune import Plan
from tests.courses.lessons import COURSES, runs_of_plan


def table_file(name: str) -> Path:
    """Where the table of a lesson stands."""
    return COURSES / f"{name}.md"


def table_of(name: str, plan: Plan, lesson: dict[str, Any]) -> str:
    """The table: a section for each axis, the best values first."""
    titles = list(runs_of_plan(plan))
    first = titles[0]
    parts = [
        f"# {name}: {lesson['metric']} by {', '.join(axis.path for axis in plan.axes)}\n\n"
        f"Written by `scripts/courses -update {name}`: one change of {first} at a time, seeds 1, 2 and 3;\n"
        "seconds are those of the slowest on one core, which others may share.\n"
    ]
    for axis in plan.axes:
        rows = []
        for level in axis.levels:
            run = lesson["runs"][level if level in titles else first]
            change = ", ".join(f"`{one}`" for one in axis.arguments(level)) or "as in the solver"
            scores = " ".join(f"{score:.4f}" for score in run["scores"])
            rows.append((-mean(run["scores"]), f"| {level} | {change} | {scores} | {run['seconds']} |"))
        head = f"| {axis.path} | settings | {lesson['metric']} of three seeds | seconds |\n|---|---|---|---|"
        parts.append("\n".join([head, *(row for _, row in sorted(rows))]) + "\n")
    return "\n".join(parts)
