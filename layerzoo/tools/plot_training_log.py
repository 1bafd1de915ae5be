"""``plot_training_log.py``: plot one of Caffe's eight charts of training logs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from layerzoo.errors import UsageError
from layerzoo.runs import Axis, Curve, History, Panel, Row, read_log, save_picture
from layerzoo.tools.parse_log_sh import first_two


@dataclass(frozen=True)
class Chart:
    """A chart type: a quantity of the training net or of the first test net, over an axis."""

    what: str
    axis: Axis

    @property
    def title(self) -> str:
        """The chart's title in Caffe's tool."""
        return f"{self.what}  vs. {'Iters' if self.axis == 'iteration' else 'Seconds'}"


CHARTS = [
    Chart(what, axis)
    for what in ("Test accuracy", "Test loss", "Train learning rate", "Train loss")
    for axis in ("iteration", "seconds")
]
"""The chart types, at the tool's index."""


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments; return the exit code."""
    parser = argparse.ArgumentParser(
        "plot_training_log.py",
        description="Plot a chart of training logs.",
        epilog="Chart types: " + "; ".join(f"{i}: {chart.title}" for i, chart in enumerate(CHARTS)),
    )
    parser.add_argument("chart_type", type=int, choices=range(len(CHARTS)))
    parser.add_argument("picture", help="the .png to write")
    parser.add_argument("logs", nargs="+", help="logs of training runs")
    args = parser.parse_args(argv)
    chart = CHARTS[args.chart_type]
    save_picture([panel(chart, [read_log(log) for log in args.logs], args.logs)], args.picture)
    return 0


def panel(chart: Chart, histories: Sequence[History], paths: Sequence[str]) -> Panel:
    """Make a chart of logs, with one curve per log.

    Raises:
        UsageError: no log contains the chart's quantity.
    """
    curves = []
    for index, (history, path) in enumerate(zip(histories, paths, strict=True)):
        net = min(history.test_nets, default=-1) if chart.what.startswith("Test") else None
        curve = Curve(Path(path).name.removesuffix(".log"), run=index)
        for row in history.continued().of(net):
            value = _value(chart.what, row)
            if isfinite(value):
                curve.xs.append(row.iteration if chart.axis == "iteration" else row.seconds)
                curve.ys.append(value)
        if curve.xs:
            curves.append(curve)
    if not curves:
        raise UsageError(f"no {chart.what.lower()} in {', '.join(paths)}")
    return Panel(chart.title, chart.axis, curves)


def _value(what: str, row: Row) -> float:
    accuracy, loss = first_two(row)
    return {
        "Test accuracy": accuracy,
        "Test loss": loss,
        "Train learning rate": row.lr,
        "Train loss": row.loss,
    }[what]
