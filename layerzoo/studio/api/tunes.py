"""Tunes: the trials of a plan, the best first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from layerzoo.runs import SUFFIX
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request
from layerzoo.tune.importance import importance
from layerzoo.tune.journal import Journal, best_first
from layerzoo.tune.plan import read_plan


@dataclass
class PlanWanted:
    """The file of a plan, below the studio's folders."""

    plan: str


@dataclass
class TrialView:
    """A trial.

    Attributes:
        number: its number.
        state: begun, done, pruned or failed.
        value: its score; None without one.
        iteration: of the score.
        seconds: training time.
        values: of the axes, by path.
        message: why it failed or was pruned.
        run: id of its run; empty if that isn't known (yet).
    """

    number: int
    state: str
    value: float | None
    iteration: int
    seconds: float
    values: dict[str, str]
    message: str
    run: str


@dataclass
class Tune:
    """A tune.

    Attributes:
        plan: its file.
        metric, maximise: what trials are judged by.
        count: how many trials there are in the end.
        axes: paths of what is tuned.
        importance: the share of each axis in how the scores differ; empty while that isn't known.
        trials: those that have begun, the best first.
    """

    plan: str
    metric: str
    maximise: bool
    count: int
    axes: list[str]
    importance: dict[str, float]
    trials: list[TrialView]


@service("GET", "/api/tunes", query=PlanWanted, answer=Tune)
def tune(call: Request) -> Tune:
    """The trials of a tune, the best first."""
    return tune_of(call, call.query.plan)


def tune_of(call: Request, file: str) -> Tune:
    """The tune of a plan.

    Raises:
        LayerzooError: the file is no plan, or the journal is damaged.
    """
    path = call.studio.roots.existing(file)
    plan = read_plan(path)
    folder = path.with_name(f"{path.stem}.tune")
    trials = best_first(Journal(folder).trials.values(), plan.maximise)
    shares = {} if plan.search == "one_at_a_time" else importance(trials, plan.axes)
    shown = [
        TrialView(
            one.number,
            one.state,
            one.value,
            one.iteration,
            one.seconds,
            dict(one.values),
            one.message,
            _run(call, folder, one.number),
        )
        for one in trials
    ]
    axes = [axis.path for axis in plan.axes]
    return Tune(
        call.studio.roots.shown(path), plan.metric, plan.maximise, plan.trials, axes, dict(shares), shown
    )


def _run(call: Request, folder: Path, number: int) -> str:
    run = call.studio.index.at(folder / f"trial-{number:04}{SUFFIX}")
    return "" if run is None else run.id
