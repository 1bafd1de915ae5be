"""Select curves from histories: any quantity against iteration, epoch or seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Literal, get_args

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.runs.history import History, Row

Axis = Literal["iteration", "epoch", "seconds"]
AXES: tuple[Axis, ...] = get_args(Axis)
LARGEST = 1e300
"""The largest value of a curve; larger ones, as of a damaged file, can't be drawn and are left out."""
_MAX_DEFAULT_PANELS = 4


@dataclass
class Curve:
    """A curve; points that are NaN or beyond `LARGEST` are left out.

    Attributes:
        label: name, unique in its panel.
        xs, ys: points.
        run: index of its run, for one colour per run.
        net: index of its test net; None for the training net.
    """

    label: str
    xs: list[float] = field(default_factory=list)
    ys: list[float] = field(default_factory=list)
    run: int = 0
    net: int | None = None


@dataclass
class Panel:
    """One quantity, with the curves of all runs.

    Attributes:
        title: the quantity.
        axis: quantity of the x axis.
        curves: curves with points.
        log: logarithmic y axis.
    """

    title: str
    axis: str
    curves: list[Curve]
    log: bool = False


def panels(
    histories: Sequence[History],
    quantities: Sequence[str] = (),
    axis: Axis = "iteration",
    *,
    iterations_per_epoch: float = 0,
    smooth: int = 1,
    log: Iterable[str] = (),
) -> list[Panel]:
    """Build the panels of a plot of runs.

    Args:
        histories: the runs, with different names.
        quantities: ``loss``, ``lr`` or any output of a net, ``NAME loss`` and ``NAME lr`` of an update; by
            default the loss, those of the updates, and those outputs of the test nets that are not losses.
        axis: quantity of the x axis.
        iterations_per_epoch: converts iterations to epochs for runs that don't record epochs.
        smooth: window of the moving average of training curves.
        log: quantities with a logarithmic axis.

    Raises:
        UsageError: no run has a quantity, or epochs are unknown.
    """
    histories = [history.continued() for history in histories]
    known = _known(histories)
    if not known:
        raise UsageError("these runs have no metrics yet: nothing to show")
    drawn = []
    for quantity in quantities or _default(histories):
        if quantity not in known:
            hint = did_you_mean(nearest(quantity, known))
            raise UsageError(f"no '{quantity}' in these runs; {hint or 'available: ' + ', '.join(known)}")
        curves = []
        for index, history in enumerate(histories):
            name = history.name if len(histories) > 1 else ""
            for curve in _curves(history, quantity, axis, iterations_per_epoch, smooth):
                curve.run = index
                curve.label = " ".join(filter(None, (name, curve.label)))
                curves.append(curve)
        drawn.append(Panel(quantity, axis, curves, quantity in set(log)))
    if axis == "epoch" and not any(panel.curves for panel in drawn):
        raise UsageError("these runs don't record epochs; give -iters_per_epoch, or -against iteration")
    return drawn


def _known(histories: Iterable[History]) -> list[str]:
    """All quantities of the runs, ``loss`` and ``lr`` first."""
    rows = [row for history in histories for row in history.rows]
    known = ["loss"] if any(row.loss == row.loss for row in rows) else []
    known += ["lr"] if any(row.lr == row.lr for row in rows) else []
    return list(dict.fromkeys([*known, *(name for row in rows for name in _outputs(row))]))


def _default(histories: Sequence[History]) -> list[str]:
    tests = [row for history in histories for row in history.rows if row.net is not None]
    scores = dict.fromkeys(name for row in tests for name in _outputs(row) if "loss" not in name.lower())
    own = {name for history in histories for row in history.rows for name in row.updates if "loss" in name}
    shown = [name for name in _known(histories) if name == "loss" or name in own or name in scores]
    return shown[:_MAX_DEFAULT_PANELS] or _known(histories)[:1]


def _outputs(row: Row) -> dict[str, float]:
    """Values of a row by name; elements of an output of several values separately."""
    flat = dict(row.updates)
    for name, values in row.outputs.items():
        for index, value in enumerate(values):
            flat[name if len(values) == 1 else f"{name}[{index}]"] = value
    return flat


def _curves(
    history: History, quantity: str, axis: Axis, iterations_per_epoch: float, smooth: int
) -> list[Curve]:
    nets: list[int | None] = [None, *history.test_nets]
    curves = []
    rows: dict[int | None, list[Row]] = {net: [] for net in nets}
    for row in history.rows:
        rows[row.net].append(row)
    for net in nets:
        label = "train" if net is None else "test" if len(nets) <= 2 else f"test #{net}"
        curve = Curve(label, net=net)
        for row in rows[net]:
            x, y = _x(row, axis, iterations_per_epoch), _y(row, quantity)
            if abs(x) <= LARGEST and abs(y) <= LARGEST:  # NaN is not
                curve.xs.append(x)
                curve.ys.append(y)
        if net is None and smooth > 1:
            curve.ys = [_mean(curve.ys[max(0, i + 1 - smooth) : i + 1]) for i in range(len(curve.ys))]
        if curve.xs:
            curves.append(curve)
    return curves


def _x(row: Row, axis: Axis, iterations_per_epoch: float) -> float:
    if axis == "iteration":
        return row.iteration
    if axis == "seconds":
        return row.seconds
    return row.iteration / iterations_per_epoch if iterations_per_epoch else row.epoch


def _y(row: Row, quantity: str) -> float:
    """A quantity of a row; ``loss`` is the row's loss, or the output of that name if it has none."""
    if quantity == "lr":
        return row.lr
    if quantity == "loss" and isfinite(row.loss):
        return row.loss
    return _outputs(row).get(quantity, nan)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
