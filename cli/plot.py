"""``layerzoo plot``: curves of runs, in the terminal or as a picture."""

from __future__ import annotations

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
    help="What to show: loss, lr, or any output of a net. Without it the loss and the scores of the tests.",
)
@gflags.flag(
    "against",
    metavar="AXIS",
    type=click.Choice(["iteration", "epoch", "seconds"]),
    default="iteration",
    show_default=True,
    help="iteration, epoch or seconds.",
)
@gflags.flag("out", metavar="FILE", help="Write a picture (.png, .svg, .pdf) instead of showing curves here.")
@gflags.flag("log", metavar="NAME,...", callback=flags.words, default="", help="Which of them by logarithm.")
@gflags.flag(
    "smooth",
    metavar="N",
    type=click.IntRange(min=1),
    default=1,
    help="Show the training net's values as the mean of so many last displays.",
)
@gflags.flag(
    "iters_per_epoch",
    metavar="X",
    type=click.FloatRange(min=0, min_open=True),
    help="Iterations in an epoch, for logs, which don't say their epochs.",
)
@gflags.flag(
    "height", metavar="N", type=click.IntRange(min=4), default=14, help="Lines of a panel in the terminal."
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
    """Show curves of runs and of logs, Caffe's or ours, several in one picture.

    \b
      layerzoo plot lenet.run
      layerzoo plot lenet.run lenet_adam.run -show loss,accuracy -log loss
      layerzoo plot train.log -show lr -against seconds -out lr.svg
    """
    from layerzoo.cli.terminal import terminal_style
    from layerzoo.runs import draw, panels, read_history, save_picture

    histories = [read_history(path) for path in paths]
    _name_apart(histories, paths)
    made = panels(
        histories,
        show,
        against,
        iterations_per_epoch=iters_per_epoch or 0.0,
        smooth=smooth,
        log=log,
    )
    if out:
        save_picture(made, out)
        click.echo(f"wrote {out}")
        return
    style = terminal_style(height)
    click.echo("\n".join(draw(panel, style) for panel in made), nl=False, color=style.colour)


def _name_apart(histories: list[History], paths: tuple[str, ...]) -> None:
    """Call runs of one name by their paths."""
    names = [history.name for history in histories]
    for index, (history, path) in enumerate(zip(histories, paths, strict=True)):
        if names.count(history.name) > 1:
            same = paths.count(path) > 1
            history.name = f"{path} ({index + 1})" if same else path
