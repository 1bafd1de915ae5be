"""Which numbers of a history make a curve: any quantity against iteration, epoch or seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Literal, get_args

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.runs.history import History, Row

Axis = Literal["iteration", "epoch", "seconds"]
AXES: tuple[Axis, ...] = get_args(Axis)
_MAX_DEFAULT_PANELS = 4


@dataclass
class Curve:
    """A line of points; those that are NaN or infinite are left out.

    Attributes:
        label: what it is, unique in its panel.
        xs, ys: its points.
        run: number of its run, for one colour a run.
        net: number of its test net; None for the training net.
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
        axis: what it stands against.
        curves: those that have points.
        log: the quantity is drawn by its logarithm.
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
    """The panels of a picture of some runs.

    Args:
        histories: the runs; each named differently.
        quantities: ``loss``, ``lr`` or any output of a net; none of them takes the loss and the outputs of
            the test nets that are no losses.
        axis: what they stand against.
        iterations_per_epoch: turns iterations into epochs for runs that don't say their epochs.
        smooth: each point of a training net becomes the mean of so many last ones.
        log: quantities to draw by their logarithm.

    Raises:
        UsageError: no run has such a quantity, or epochs are not known.
    """
    histories = [history.continued() for history in histories]
    known = _known(histories)
    if not known:
        raise UsageError("these runs have said nothing yet; there is nothing to show")
    made = []
    for quantity in quantities or _default(histories):
        if quantity not in known:
            hint = did_you_mean(nearest(quantity, known))
            raise UsageError(f"no '{quantity}' in these runs; {hint or 'there is ' + ', '.join(known)}")
        curves = []
        for index, history in enumerate(histories):
            name = history.name if len(histories) > 1 else ""
            for curve in _curves(history, quantity, axis, iterations_per_epoch, smooth):
                curve.run = index
                curve.label = " ".join(filter(None, (name, curve.label)))
                curves.append(curve)
        made.append(Panel(quantity, axis, curves, quantity in set(log)))
    if axis == "epoch" and not any(panel.curves for panel in made):
        raise UsageError("these runs don't say their epochs; give -iters_per_epoch, or -against iteration")
    return made


def _known(histories: Iterable[History]) -> list[str]:
    """All quantities of some runs, ``loss`` and ``lr`` first."""
    rows = [row for history in histories for row in history.rows]
    known = ["loss"] if any(row.loss == row.loss for row in rows) else []
    known += ["lr"] if any(row.lr == row.lr for row in rows) else []
    return list(dict.fromkeys([*known, *(name for row in rows for name in _outputs(row))]))


def _default(histories: Iterable[History]) -> list[str]:
    tests = [row for history in histories for row in history.rows if row.net is not None]
    scores = dict.fromkeys(name for row in tests for name in _outputs(row) if "loss" not in name.lower())
    found = [name for name in _known(histories) if name == "loss" or name in scores]
    return found[:_MAX_DEFAULT_PANELS] or _known(histories)[:1]


def _outputs(row: Row) -> dict[str, float]:
    """Values of a row by name, elements of longer outputs one by one."""
    flat = {}
    for name, values in row.outputs.items():
        for index, value in enumerate(values):
            flat[name if len(values) == 1 else f"{name}[{index}]"] = value
    return flat


def _curves(
    history: History, quantity: str, axis: Axis, iterations_per_epoch: float, smooth: int
) -> list[Curve]:
    nets: list[int | None] = [None, *history.test_nets]
    found = []
    for net in nets:
        label = "train" if net is None else "test" if len(nets) <= 2 else f"test #{net}"
        curve = Curve(label, net=net)
        for row in history.of(net):
            x, y = _x(row, axis, iterations_per_epoch), _y(row, quantity)
            if isfinite(x) and isfinite(y):
                curve.xs.append(x)
                curve.ys.append(y)
        if net is None and smooth > 1:
            curve.ys = [_mean(curve.ys[max(0, i + 1 - smooth) : i + 1]) for i in range(len(curve.ys))]
        if curve.xs:
            found.append(curve)
    return found


def _x(row: Row, axis: Axis, iterations_per_epoch: float) -> float:
    if axis == "iteration":
        return row.iteration
    if axis == "seconds":
        return row.seconds
    return row.iteration / iterations_per_epoch if iterations_per_epoch else row.epoch


def _y(row: Row, quantity: str) -> float:
    """A quantity of a row; ``loss`` is the smoothed or the whole one, and only without it the output."""
    if quantity == "lr":
        return row.lr
    if quantity == "loss" and isfinite(row.loss):
        return row.loss
    return _outputs(row).get(quantity, nan)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
