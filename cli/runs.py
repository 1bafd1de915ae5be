"""``layerzoo runs``: list, show and compare runs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from layerzoo.cli import gflags
from layerzoo.cli.duration import duration

if TYPE_CHECKING:
    from layerzoo.runs import Run

_json = gflags.switch("json", to="as_json", help="Print JSON.")
_STATE_COLOURS = {"done": "green", "running": "cyan", "stopped": "yellow", "interrupted": "red"}
_MAX_BEST = 3


@gflags.group("Runs")
def command() -> None:
    """List, show and compare runs, the folders that training writes.

    \b
      layerzoo runs ls
      layerzoo runs show lenet.run
      layerzoo runs diff lenet.run lenet_adam.run
    """


@command.command("ls")
@click.argument("folder", metavar="[FOLDER]", default=".", required=False)
@_json
def ls(folder: str, as_json: bool) -> None:
    """List the runs in a folder and its subfolders."""
    from layerzoo.runs import find_runs

    runs = find_runs(folder)
    if as_json:
        _print_json([_facts(run) for run in runs])
    elif not runs:
        click.echo(f"no runs in {folder}; training writes to <snapshot_prefix>.run")
    else:
        _print_table(
            ["run", "state", "iterations", "time", "best", "last written"], [_columns(run) for run in runs]
        )


@command.command("show")
@click.argument("path", metavar="RUN")
@_json
def show(path: str, as_json: bool) -> None:
    """Show the state, scores, snapshots and config of a run."""
    from layerzoo.loader import emit
    from layerzoo.log import number
    from layerzoo.runs import open_run
    from layerzoo.runs.cost import amount, costs_of

    run = open_run(path)
    if as_json:
        snapshots = [str(snapshot) for _, snapshot in run.snapshots]
        cost = sum(one.total for one in costs) if (costs := costs_of(run.path)) else None
        facts = {**_facts(run), "cost": cost, "snapshots": snapshots}
        _print_json({**facts, "config": dict(run.config)})
        return
    name, state, iterations, time, _, written = _columns(run)
    click.echo(f"{name} ({run.path})")
    click.echo(f"{state} at iteration {iterations}, {time} of training, last written {written}")
    last = {net: run.history.of(net)[-1] for net in [None, *run.history.test_nets] if run.history.of(net)}
    for net, row in last.items():
        what = "training" if net is None else "test" if len(last) <= 2 else f"test #{net}"
        values = {"loss": [row.loss], **row.outputs} if net is None else row.outputs
        text = ", ".join(f"{k} {' '.join(map(number, v))}" for k, v in values.items())
        click.echo(f"last {what}: {text} (iteration {row.iteration})")
    for output, (value, at) in run.best.items():
        click.echo(f"best {output}: {number(value)} (iteration {at})")
    if costs := costs_of(run.path):
        times = f" in {len(costs)} starts" if len(costs) > 1 else ""
        click.echo(f"cost: {amount(sum(one.total for one in costs))}{times}")
    for at, snapshot in run.snapshots:
        click.echo(f"snapshot: {snapshot} (iteration {at})")
    if run.solver is not None:
        click.echo("\n" + emit(run.solver, "prototxt"), nl=False)


@command.command("diff")
@click.argument("paths", metavar="RUN...|FOLDER", nargs=-1)
@_json
def diff(paths: Sequence[str], as_json: bool) -> None:
    """Compare the configs and results of runs.

    Compares several runs, or all runs of one folder.
    """
    from layerzoo.errors import UsageError
    from layerzoo.log import number
    from layerzoo.runs import differences, find_runs, open_run

    runs = find_runs(paths[0] if paths else ".") if len(paths) < 2 else [open_run(path) for path in paths]
    if len(runs) < 2:
        raise UsageError(f"{len(runs)} run to compare; name two or more, or a folder with several")
    fields = differences([run.config for run in runs])
    if as_json:
        _print_json({"runs": [_facts(run) for run in runs], "differences": fields})
        return
    rows = [[path, *values] for path, values in fields.items()]
    outputs = dict.fromkeys(output for run in runs for output in run.best)
    results = [["state", *(run.state for run in runs)], ["iterations", *(_iterations(run) for run in runs)]]
    results.append(["time", *(duration(run.seconds) for run in runs)])
    for output in outputs:
        results.append(
            [f"best {output}", *(number(run.best[output][0]) if output in run.best else "" for run in runs)]
        )
    _print_table(["", *(_names(runs, paths))], rows, results)
    if not rows:
        click.echo("the configs are equal")


def _names(runs: Sequence[Run], paths: Sequence[str]) -> list[str]:
    """A distinct name for each run."""
    names = [run.name for run in runs]
    return names if len(set(names)) == len(names) else [str(run.path) for run in runs]


def _columns(run: Run) -> list[str]:
    from datetime import datetime

    from layerzoo.log import number

    best = [f"{name} {number(value)}" for name, (value, _) in list(run.best.items())[:_MAX_BEST]]
    written = (
        datetime.fromtimestamp(run.modified).strftime("%Y-%m-%d %H:%M") if isfinite(run.modified) else ""
    )
    return [run.name, run.state, _iterations(run), duration(run.seconds), ", ".join(best), written]


def _iterations(run: Run) -> str:
    return f"{run.iteration} of {run.max_iter}" if run.max_iter else str(run.iteration)


def _facts(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "path": str(run.path),
        "state": run.state,
        "iteration": run.iteration,
        "max_iter": run.max_iter,
        "seconds": run.seconds,
        "best": {name: {"value": value, "iteration": at} for name, (value, at) in run.best.items()},
        "modified": run.modified if isfinite(run.modified) else None,
    }


def _print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2))


def _print_table(titles: Sequence[str], *parts: Sequence[Sequence[str]]) -> None:
    """Print a table of several sections."""
    from rich.table import Table
    from rich.text import Text

    from layerzoo.cli.terminal import console

    table = Table()
    for title in titles:
        table.add_column(title, overflow="fold")
    for part in parts:
        if not part:
            continue
        table.add_section()
        for row in part:
            table.add_row(*(Text(cell, style=_STATE_COLOURS.get(cell, "")) for cell in row))
    out = console()
    out.width = max(out.width, 60) if out.is_terminal else 200
    out.print(table)
