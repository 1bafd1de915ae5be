"""Draw the trials of a tune: parallel coordinates, and the importance of the axes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any, Final

from layerzoo.atomic import atomic_path, remove_leftovers
from layerzoo.errors import MissingExtraError, UsageError
from layerzoo.runs.picture import SUFFIXES
from layerzoo.runs.ticks import short
from layerzoo.tune.axes import Axis
from layerzoo.tune.importance import importance
from layerzoo.tune.journal import Trial, best_first
from layerzoo.tune.panels import draw_panels

_MAX_LABELS: Final = 9
_MAX_NAMES: Final = 40
"""The same, of values without an order."""
_LINE: Final = 0.17
"""Height of a name, in inches."""
_COLUMN, _HEIGHT, _BARS = 1.6, 4.2, 2.8
"""Width of an axis, height, and width of the bars, in inches."""
_PANEL: Final = 3.2
"""Width of a panel, in inches."""


def check_picture(path: str | os.PathLike[str]) -> None:
    """Check that a picture can be written, before the trials run.

    Raises:
        UsageError: unknown suffix.
        MissingExtraError: matplotlib is not installed.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise UsageError(f"-picture: '{Path(path).name}' has to end in one of {', '.join(SUFFIXES)}")
    _matplotlib()


def save_picture(
    trials: Sequence[Trial],
    axes: Sequence[Axis],
    metric: str,
    maximise: bool,
    path: str | os.PathLike[str],
    one_at_a_time: bool = False,
) -> None:
    """Write a picture of the trials that are done.

    Args:
        trials: the trials.
        axes: the axes, from left to right; the score is the last column.
        metric: name of the score.
        maximise: larger is better.
        path: .png, .svg or .pdf.
        one_at_a_time: draw the scores of each axis by themselves, in place of parallel coordinates.

    Raises:
        MissingExtraError: matplotlib is not installed.
        UsageError: unknown suffix, or no trial is done.
        OSError: the file can't be written.
    """
    check_picture(path)
    matplotlib, figure_class = _matplotlib()
    done = [trial for trial in best_first(trials, maximise) if trial.state == "done"]
    if not done:
        raise UsageError("no trial has a score yet: there is nothing to draw")
    path = Path(path)
    with matplotlib.rc_context({"svg.hashsalt": "layerzoo", "font.size": 9}):
        height = max(_HEIGHT, 1 + _LINE * max(len(labels(axis)) for axis in axes))
        if one_at_a_time:
            figure = figure_class(figsize=(_PANEL * len(axes), height), layout="constrained")
            draw_panels(figure, done, axes, metric, maximise)
        else:
            width = max(_COLUMN * (len(axes) + 1), 4.0)
            figure = figure_class(figsize=(width + _BARS, height), layout="constrained")
            left, right = figure.subplots(1, 2, width_ratios=[width, _BARS])
            _draw_trials(left, done, axes, metric, maximise)
            _draw_importance(right, importance(done, axes), axes)
        remove_leftovers(path.parent, f"{path.name}.")
        with atomic_path(path) as temporary:
            metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
            figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=150, metadata=metadata)


def coordinate(axis: Axis, text: str) -> float:
    """The place of a value on its axis, from 0 to 1."""
    if axis.levels:
        last = len(axis.levels) - 1
        return axis.levels.index(text) / last if last else 0.5
    value, low, high = float(text), axis.low, axis.high
    if axis.log:
        value, low, high = log(value), log(low), log(high)
    return (value - low) / (high - low)


def labels(axis: Axis) -> list[tuple[float, str]]:
    """Values that are written beside an axis, with their places."""
    if axis.levels:
        step = -(-len(axis.levels) // (_MAX_LABELS if axis.is_number else _MAX_NAMES))
        return [(coordinate(axis, text), text) for text in axis.levels[::step]]
    texts = dict.fromkeys([axis.text_of(axis.low), axis.at(0.5), axis.text_of(axis.high)])
    return [(coordinate(axis, text), short(float(f"{float(text):.3g}"))) for text in texts]


def _draw_trials(ax: Any, done: Sequence[Trial], axes: Sequence[Axis], metric: str, maximise: bool) -> None:
    """A polyline for each trial, the best on top."""
    scores = [trial.value or 0.0 for trial in done]
    low, high = min(scores), max(scores)
    span = high - low or 1.0
    for index, trial in reversed(list(enumerate(done))):
        place = ((trial.value or 0.0) - low) / span if high > low else 0.5
        ys = [coordinate(axis, trial.values[axis.path]) for axis in axes]
        quality = place if maximise else 1 - place
        colour = "C3" if not index else (0.9 - 0.8 * quality, 0.9 - 0.6 * quality, 0.9 - 0.2 * quality)
        ax.plot(range(len(ys) + 1), [*ys, place], color=colour, linewidth=2.2 if not index else 1.2)
    columns = [labels(axis) for axis in axes]
    columns.append([(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")] if high > low else [(0.5, f"{low:.4g}")])
    for x, marks in enumerate(columns):
        ax.axvline(x, color="0.3", linewidth=0.8)
        for y, text in marks:
            ax.annotate(text, (x, y), (3, 2), textcoords="offset points", fontsize=7)
    names = [axis.path.replace(".", ".\n") for axis in axes]
    ax.set_xticks(range(len(columns)), [*names, metric])
    ax.tick_params(axis="x", length=0, labelsize=7)
    ax.set_yticks([])
    ax.set_xlim(-0.1, len(columns) - 0.6)
    ax.spines[:].set_visible(False)
    ax.set_title(f"{len(done)} trials; the best in red", loc="left", fontweight="bold")


def _draw_importance(ax: Any, shares: dict[str, float], axes: Sequence[Axis]) -> None:
    """A bar for each axis with enough trials."""
    ax.set_title("importance", loc="left", fontweight="bold")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of the variance of ranks")
    known = [axis.path for axis in reversed(axes) if axis.path in shares]
    ax.barh(range(len(known)), [shares[path] for path in known], color="C0")
    ax.set_yticks(range(len(known)), [path.replace(".", ".\n") for path in known], fontsize=7)
    if not known:
        ax.text(0.5, 0.5, "too few trials", ha="center", transform=ax.transAxes)


def _matplotlib() -> tuple[Any, Any]:
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a picture", "plot") from None
    return matplotlib, Figure
