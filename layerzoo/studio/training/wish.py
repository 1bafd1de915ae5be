"""What a user wants trained, as settings of a command and as axes of a tune."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from layerzoo.errors import UsageError
from layerzoo.studio.training.fields import is_list


@dataclass
class Wish:
    """What a user wants trained.

    Attributes:
        solver: file of the solver, below the studio's folders.
        name: of the run.
        values: new values of fields by their ``-set`` path; several with commas are tried one by one.
        extra: further lines ``path=value``.
        weights: files that training begins with, with commas; or ``zoo:NAME``.
        gpus: how many GPUs; 0 trains on the processors.
        processes: on the processors: how many train together, or how many trials run at a time.
        search: how several values are tried: all combinations, or some at random.
        trials: how many at random.
        metric: the output that trials are judged by.
        maximise: whether more of it is better.
        priority: of the job.
    """

    solver: str
    name: str = ""
    values: dict[str, str] = field(default_factory=dict)
    extra: str = ""
    weights: str = ""
    gpus: int = 0
    processes: int = 1
    search: Literal["grid", "random"] = "grid"
    trials: int = 20
    metric: str = "accuracy"
    maximise: bool = True
    priority: int = 0


@dataclass
class Problem:
    """Something that is wrong: the path of the field that it is about, empty for none, and what it is."""

    field: str
    text: str


def settings(wish: Wish) -> list[str]:
    """The ``PATH=VALUE`` of fields that have one value.

    Raises:
        UsageError: a further line isn't one.
    """
    found = [
        f"{path}=[{text}]" if is_list(path) else f"{path}={text.strip()}"
        for path, text in wish.values.items()
        if text.strip() and not _is_axis(path, text)
    ]
    for line in wish.extra.splitlines():
        text = line.strip().removeprefix("-set").strip()
        if text and "=" not in text:
            raise UsageError(f"the line {text!r} has no '='; expected path=value")
        if text:
            found.append(text)
    return found


def axes(wish: Wish) -> dict[str, list[str]]:
    """The values of fields that have several, by path."""
    found = {path: _parts(text) for path, text in wish.values.items() if _is_axis(path, text)}
    return {path: list(dict.fromkeys(parts)) for path, parts in found.items()}


def axis_problems(found: Mapping[str, list[str]]) -> list[Problem]:
    """What is wrong with lists of values."""
    problems = []
    for path, parts in found.items():
        wrong = [part for part in parts if not _is_number(part)]
        if wrong:
            problems.append(Problem(path, f"{wrong[0]!r} is no number; expected numbers with commas"))
    return problems


def combinations(wish: Wish, found: Mapping[str, list[str]]) -> int:
    """How many trials there are; 0 without an axis."""
    if not found:
        return 0
    if wish.search == "random":
        return wish.trials
    count = 1
    for parts in found.values():
        count *= len(parts)
    return count


def plan_text(wish: Wish, solver: str, given: list[str], found: Mapping[str, list[str]]) -> str:
    """The text of the plan of a tune.

    Args:
        wish: what is wanted.
        solver: its file, as the plan names it.
        given: ``PATH=VALUE`` that all trials have.
        found: the values of each axis.
    """
    lines = ["# Written by Layerzoo Studio.", f"solver: {_quoted(solver)}"]
    if given:
        lines += ["set:", *(f"  - {_quoted(one)}" for one in given)]
    if wish.weights:
        lines.append(f"weights: [{', '.join(_quoted(one) for one in _parts(wish.weights))}]")
    lines.append("axes:")
    lines += [f"  {_quoted(path)}: {{values: [{', '.join(parts)}]}}" for path, parts in found.items()]
    lines.append(f"{'maximise' if wish.maximise else 'minimise'}: {_quoted(wish.metric)}")
    lines.append(f"search: {wish.search}")
    if wish.search == "random":
        lines.append(f"trials: {wish.trials}")
    return "\n".join([*lines, "seed: 1", ""])


def _is_axis(path: str, text: str) -> bool:
    return "," in text and not is_list(path) and len(_parts(text)) > 1


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
