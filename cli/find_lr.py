"""``layerzoo find_lr``: suggest a learning rate by a range test."""

from __future__ import annotations

import sys

import click

from layerzoo.cli import flags, gflags

_ROWS = 12
_SHOWN = 1.5
"""The curve leaves out losses above this multiple of the first one."""


@gflags.command("Training")
@gflags.flag("solver", metavar="FILE", help="The solver: prototxt or YAML.")
@flags.weights
@flags.lenient
@flags.gpu
@flags.threads
@flags.level
@flags.stage
@flags.overrides
@gflags.flag("low", metavar="RATE", type=float, default=1e-6, show_default=True, help="First rate.")
@gflags.flag("high", metavar="RATE", type=float, default=10.0, show_default=True, help="Last rate.")
@flags.iterations(100)
@gflags.flag(
    "height", metavar="N", type=click.IntRange(min=4), default=14, help="Height of the curve, in lines."
)
@flags.allow_python
def command(
    solver: str | None,
    weights: tuple[str, ...],
    lenient: bool,
    gpu: flags.Gpus,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    low: float,
    high: float,
    iterations: int,
    height: int,
) -> None:
    """Suggest a base_lr by training a few iterations with a rising rate.

    \b
      layerzoo find_lr -solver configs/lenet_solver.yaml

    No files are written. Method: Smith 2017, arXiv 1506.01186.
    """
    from math import log10

    from layerzoo.cli.nets import device_of, prepare_cpu, required
    from layerzoo.cli.terminal import terminal_style
    from layerzoo.errors import Fault, LayerzooError
    from layerzoo.loader import load_solver
    from layerzoo.log import number
    from layerzoo.runs import Curve, Panel, draw
    from layerzoo.solver import Solver
    from layerzoo.solver.trials.find_lr import find_lr
    from layerzoo.terminal_text import unescaped

    faults: list[Fault] = []
    document = load_solver(required("solver", solver), overrides, faults=faults)
    trainer = Solver(
        document,
        weights=weights,
        lenient=lenient,
        device=device_of(gpu),
        level=level,
        stages=stage,
        found=faults,
    )
    if trainer.device.type == "cpu":
        prepare_cpu(trainer.net.graph, trainer.param)
    result = find_lr(trainer, low, high, iterations)
    every = -(-len(result.rates) // _ROWS)
    click.echo(f"{'lr':>12} {'loss':>12} {'smoothed':>12}")
    for row in zip(result.rates[::every], result.losses[::every], result.smoothed[::every], strict=True):
        click.echo(" ".join(f"{number(value):>12}" for value in row))
    style = terminal_style(height)
    shown = [i for i, loss in enumerate(result.smoothed) if loss <= _SHOWN * result.smoothed[0]]
    curve = Curve(
        "smoothed loss", [log10(result.rates[i]) for i in shown], [result.smoothed[i] for i in shown]
    )
    click.echo()
    panel = Panel("loss", "log10(lr)", [curve])
    click.echo(draw(panel, style), unescaped(sys.stdout), color=style.colour)
    ended = f"; the test ended at {number(result.rates[-1])}: {result.ended}" if result.ended else ""
    if result.steepest is None or result.suggestion is None:
        raise LayerzooError(
            f"the loss did not fall by more than its noise, {number(result.noise)}{ended}: "
            "try more -iterations, a larger batch_size, or another range of rates (-low, -high)"
        )
    click.echo(
        f"the loss fell fastest at {number(result.steepest)} and was lowest at {number(result.lowest)}{ended}"
    )
    click.echo(f"try base_lr: {number(float(f'{result.suggestion:.1e}'))}")
