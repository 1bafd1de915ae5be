"""``layerzoo check``: report all faults of a config, or of all configs in a folder, without training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags
from layerzoo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerzoo.errors import Fault
    from layerzoo.survey import Limits, Row


@gflags.command("Files")
@gflags.flag("solver", metavar="FILE", help="The solver; its nets are checked too.")
@flags.model
@gflags.flag(
    "all",
    to="folder",
    metavar="FOLDER",
    help="Check all configs in a folder: print which parse, upgrade, build and run, and why not.",
)
@gflags.flag(
    "layer",
    metavar="MODULE.CLASS",
    help="Test a layer class of your own; with -model, in the shapes of that net.",
)
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
@gflags.switch("lenient", help="Turn unknown fields, unknown layer types and unread messages into warnings.")
@gflags.switch("json", to="as_json", help="With -all: print JSON.")
@gflags.flag(
    "processes",
    metavar="N",
    type=click.IntRange(min=1),
    help="With -solver: processes that train together, 1 unless given. With -all: files to check at the same "
    "time, 2 unless given.",
)
@gflags.flag(
    "timeout", metavar="SECONDS", type=float, default=120.0, help="With -all: limit of CPU time per file."
)
@gflags.flag(
    "work",
    metavar="GMAC",
    type=float,
    default=40.0,
    help="With -all: billions of multiply-adds of a pass; nets that need more run on smaller inputs.",
)
@gflags.flag("memory", metavar="GB", type=float, default=2.0, help="With -all: memory limit per net.")
def command(
    solver: str | None,
    model: str | None,
    folder: str | None,
    layer: str | None,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    lenient: bool,
    as_json: bool,
    processes: int | None,
    timeout: float,
    work: float,
    memory: float,
) -> int:
    """Report all faults of a net or solver.

    \b
      layerzoo check -model configs/lenet_train_test.yaml
      layerzoo check -solver solver.yaml -processes 8
      layerzoo check -all configs
      layerzoo check -layer my_layers.Square

    With -all each net is built and run once on generated inputs; data layers need no sources.
    """
    if layer:
        from layerzoo.cli.own_layer import check_layer

        return check_layer(layer, model, overrides)
    if folder:
        from layerzoo.survey import Limits

        limits = Limits(int(memory * 2**30), timeout, work=int(work * 1e9))
        return _check_all(folder, processes or 2, limits, lenient, as_json)
    batch = ""
    if solver:
        warnings, short, batch = _check_solver(solver, level, stage, overrides, lenient, processes or 1)
    elif processes:
        raise UsageError("-processes is for -solver and -all")
    else:
        warnings, short = _check_net(model, level, stage, overrides, lenient)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    more = ", but more memory is needed than this machine has" if short else ""
    click.echo(f"{solver or model}: no faults{more}")
    if batch:
        click.echo(batch)
    return 0


def _check_solver(
    path: str, level: int, stages: Sequence[str], overrides: Sequence[str], lenient: bool, processes: int
) -> tuple[list[Fault], bool, str]:
    """Check a solver and its nets.

    Returns:
        the warnings, whether training needs more memory than this machine has, and the samples of an update
        if they aren't just those of a batch.
    """
    from layerzoo.cli.nets import check_publish
    from layerzoo.errors import in_text_order
    from layerzoo.loader import load_solver
    from layerzoo.solver import check_run, check_solver
    from layerzoo.solver.config.device import choose_device
    from layerzoo.solver.config.global_batch import batch_of_update
    from layerzoo.solver.failures.memory_check import memory_warnings

    faults: list[Fault] = []
    loaded = load_solver(path, overrides, lenient=lenient, faults=faults)
    warnings = [*loaded.warnings, *(w for nets in loaded.nets.values() for net in nets for w in net.warnings)]
    if lenient:
        checked = check_solver(loaded, level, stages, faults, lenient, processes=processes)
    else:
        checked = check_run(loaded, level, stages, faults, processes)
        check_publish(loaded.message.publish)
    short = memory_warnings(loaded.message, checked, choose_device(loaded.message, quiet=True), processes)
    param = loaded.message
    told = processes > 1 or param.iter_size > 1 or param.distributed_param.global_batch_size
    batch = batch_of_update(param, checked.train, processes) if told else ""
    return in_text_order([*warnings, *checked.warnings, *short]), bool(short), batch


def _check_net(
    path: str | None, level: int, stages: Sequence[str], overrides: Sequence[str], lenient: bool
) -> tuple[list[Fault], bool]:
    """Check a net in all the states that its rules name.

    Returns:
        the warnings, and whether a pass needs more memory than this machine has.

    Raises:
        ConfigError: the net has faults.
    """
    import torch

    from layerzoo.cli.nets import required
    from layerzoo.errors import ConfigError, in_text_order
    from layerzoo.loader import load_net
    from layerzoo.memory.needs import run_needs, shortage
    from layerzoo.net import graph_of
    from layerzoo.survey import states

    faults: list[Fault] = []
    document = load_net(required("model, -solver or -all", path), overrides, lenient=lenient, faults=faults)
    warnings, text_faults = list(document.warnings), list(faults)
    short: list[Fault] = []
    for state in states(document.message, level, stages):
        try:
            graph = graph_of(document, state, "show" if lenient else "error", text_faults)
        except ConfigError as error:
            faults += error.faults
            continue
        warnings += graph.warnings
        if fault := shortage(run_needs(graph), torch.device("cpu")):
            short.append(fault)
        for name, why in graph.skipped:
            click.echo(f"left out: layer '{name}': {why}", err=True)
        for name, why in graph.missing:
            click.echo(f"unknown: layer '{name}': {why}", err=True)
    if faults:
        raise ConfigError(in_text_order(faults))
    return in_text_order([*warnings, *short]), bool(short)


def _check_all(folder: str, processes: int, limits: Limits, lenient: bool, as_json: bool) -> int:
    """Check all configs in a folder; return the exit code, 2 if one has a fault."""
    import json
    from dataclasses import asdict
    from pathlib import Path

    from layerzoo.cli.progress import IterationBar
    from layerzoo.survey import config_files, survey, table

    files = config_files(Path(folder))
    with IterationBar(len(files), what="Checking") as bar:
        done = 0

        def advance(_: Row) -> None:
            nonlocal done
            done += 1
            bar.advance_to(done)

        rows = survey(files, processes=processes, limits=limits, lenient=lenient, seen=advance)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        for line in table(rows, folder):
            click.echo(line)
    return 2 if any(row.why for row in rows) else 0
