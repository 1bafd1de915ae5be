"""Draw the trials of a search that changes one axis at a time: a panel for each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import Trial
from layerzoo.tune.search import OneAtATime


def draw_panels(
    figure: Any, done: Sequence[Trial], axes: Sequence[Axis], metric: str, maximise: bool
) -> None:
    """Draw for each axis the scores of its values, the best on top; the first value is marked.

    Args:
        figure: of matplotlib.
        done: the trials that have a score.
        axes: the axes, each of which gets a panel.
        metric: name of the score.
        maximise: larger is better.
    """
    panels = figure.subplots(1, len(axes), squeeze=False)[0]
    for panel, axis in zip(panels, axes, strict=True):
        rows = scores_of(axis, axes, done)
        rows.sort(key=lambda row: row[1], reverse=not maximise)
        names, scores = [name for name, _ in rows], [score for _, score in rows]
        first = OneAtATime(axes).propose(0)[axis.path]
        colours = ["C3" if name == first else "C0" for name in names]
        panel.hlines(
            range(len(rows)), 0, 1, transform=panel.get_yaxis_transform(), color="0.9", linewidth=0.8
        )
        panel.scatter(scores, range(len(rows)), c=colours, s=16, zorder=3)
        for place, score in enumerate(scores):
            panel.annotate(f"{score:.4g}", (score, place), (4, 3), textcoords="offset points", fontsize=6)
        panel.set_yticks(range(len(rows)), names, fontsize=7)
        panel.set_title(axis.path, loc="left", fontweight="bold")
        panel.set_xlabel(metric)
        panel.margins(x=0.2)
        panel.spines[["top", "right"]].set_visible(False)


def scores_of(axis: Axis, axes: Sequence[Axis], done: Sequence[Trial]) -> list[tuple[str, float]]:
    """Value and score of each trial in which the other axes have their first value."""
    usual = OneAtATime(axes).propose(0)
    return [
        (trial.values[axis.path], trial.value)
        for trial in done
        if trial.value is not None and trial.values | {axis.path: usual[axis.path]} == usual
    ]
