"""``layerzoo find_batch``: find the largest batch that fits into memory."""

from __future__ import annotations

import re

import click

from layerzoo.cli import flags, gflags

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read ``500M`` or ``8G``; a click callback."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", value, re.IGNORECASE)
    if match is None or not (size := int(float(match[1]) * _UNITS[match[2].upper()])):
        raise click.BadParameter(f"'{value}' is not a size; expected e.g. 500M or 8G", ctx, param)
    return size


@gflags.command("Training")
@gflags.flag("solver", metavar="FILE", help="The solver: prototxt or YAML.")
@flags.gpu
@flags.threads
@flags.level
@flags.stage
@flags.overrides
@gflags.flag(
    "budget",
    metavar="SIZE",
    callback=_size,
    help="Memory for blobs and saved tensors of autograd, e.g. 8G; default: 90 % of what is available.",
)
@gflags.flag(
    "largest",
    metavar="N",
    type=click.IntRange(min=1),
    help="Largest batch to try; default: the size of the data set.",
)
@gflags.flag(
    "seconds",
    metavar="S",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Stop trying larger batches when a step takes longer.",
)
@flags.allow_python
def command(
    solver: str | None,
    gpu: flags.Gpus,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    budget: int | None,
    largest: int | None,
    seconds: float,
) -> None:
    """Find the largest batch_size that fits into memory, by an estimate and by trial.

    \b
      layerzoo find_batch -solver configs/lenet_solver.yaml
      layerzoo find_batch -solver configs/lenet_solver.yaml -gpu none -budget 2G

    No files are written.
    """
    from layerzoo.cli.nets import device_of, prepare_cpu, required
    from layerzoo.disk import readable
    from layerzoo.errors import Fault
    from layerzoo.loader import load_solver
    from layerzoo.solver import Solver
    from layerzoo.solver.trials.find_batch import BatchSearch

    faults: list[Fault] = []
    document = load_solver(required("solver", solver), overrides, faults=faults)
    trainer = Solver(document, device=device_of(gpu), level=level, stages=stage, found=faults)
    if trainer.device.type == "cpu":
        prepare_cpu(trainer.net.graph, trainer.param)
    search = BatchSearch(trainer, budget, largest, seconds)
    click.echo(f"memory for a batch: {readable(search.budget)}; estimated batch size: {search.by_estimate:,}")
    click.echo(f"{'batch_size':>10} {'estimated':>12} {'measured':>12} {'ms':>9} {'samples/s':>10}")
    for trial in search.trials():
        measured = "-" if trial.measured is None else readable(trial.measured)
        took = rate = "-"
        if trial.seconds is not None:
            took, rate = f"{1000 * trial.seconds:.0f}", f"{trial.batch_size / trial.seconds:.0f}"
        line = f"{trial.batch_size:>10} {readable(trial.estimated):>12} {measured:>12} {took:>9} {rate:>10}"
        click.echo(line if trial.fits else f"{line}  doesn't fit")
    if search.best:
        click.echo(f"batch_size: {search.best} fits; the config has {search.estimate.batch_size}")
    else:
        click.echo("no batch size fits; use a smaller net or more memory")
