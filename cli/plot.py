"""``layerzoo plot``: plot curves of runs, in the terminal or as an image."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.runs import Axis, History


@gflags.command("Runs")
@click.argument("paths", metavar="RUN_OR_LOG...", nargs=-1, required=True)
@gflags.flag(
    "show",
    metavar="NAME,...",
    callback=flags.words,
    default="",
    help="Values to plot: loss, lr, or any output of a net; default: the loss and the scores of tests.",
)
@gflags.flag(
    "against",
    metavar="AXIS",
    type=click.Choice(["iteration", "epoch", "seconds"]),
    default="iteration",
    show_default=True,
    help="Horizontal axis: iteration, epoch or seconds.",
)
@gflags.flag("out", metavar="FILE", help="Write an image (.png, .svg, .pdf) instead of printing.")
@gflags.flag(
    "log", metavar="NAME,...", callback=flags.words, default="", help="Values to plot on a logarithmic axis."
)
@gflags.flag(
    "smooth",
    metavar="N",
    type=click.IntRange(min=1),
    default=1,
    help="Plot the mean of the last N displays of the training net.",
)
@gflags.flag(
    "iters_per_epoch",
    metavar="X",
    type=click.FloatRange(min=0, min_open=True),
    help="Iterations per epoch, for logs, which don't contain epochs.",
)
@gflags.flag(
    "height",
    metavar="N",
    type=click.IntRange(min=4),
    default=14,
    help="Height of a panel in the terminal, in lines.",
)
def command(
    paths: tuple[str, ...],
    show: tuple[str, ...],
    against: Axis,
    out: str | None,
    log: tuple[str, ...],
    smooth: int,
    iters_per_epoch: float | None,
    height: int,
) -> None:
    """Plot curves of runs and logs of Caffe or Layerzoo, several in one plot.

    \b
      layerzoo plot lenet.run
      layerzoo plot lenet.run lenet_adam.run -show loss,accuracy -log loss
      layerzoo plot train.log -show lr -against seconds -out lr.svg
    """
    from layerzoo.cli.terminal import terminal_style
    from layerzoo.runs import draw, panels, read_history, save_picture
    from layerzoo.terminal_text import unescaped

    histories = [read_history(path) for path in paths]
    _name_apart(histories, paths)
    panel_list = panels(
        histories,
        show,
        against,
        iterations_per_epoch=iters_per_epoch or 0.0,
        smooth=smooth,
        log=log,
    )
    if out:
        save_picture(panel_list, out)
        click.echo(f"wrote {out}")
        return
    style = terminal_style(height)
    text = "\n".join(draw(panel, style) for panel in panel_list)
    click.echo(text, unescaped(sys.stdout), nl=False, color=style.colour)


def _name_apart(histories: list[History], paths: tuple[str, ...]) -> None:
    """Name runs by their paths if their names are equal."""
    names = [history.name for history in histories]
    for index, (history, path) in enumerate(zip(histories, paths, strict=True)):
        if names.count(history.name) > 1:
            same = paths.count(path) > 1
            history.name = f"{path} ({index + 1})" if same else path
