"""``layerzoo draw``: draw a net as an image."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Nets")
@click.argument("net", metavar="NET", required=False)
@flags.model
@gflags.flag(
    "o",
    to="target",
    metavar="FILE",
    default=None,
    help="Output file: .svg, .png, .html or .dot; default: NET.svg.",
)
@flags.phase
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
def command(
    net: str | None,
    model: str | None,
    target: str | None,
    phase: str | None,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
) -> None:
    """Draw a net as a graph, with the shapes of its blobs.

    Layers of unknown type are left out. Shapes after a Python layer whose module is missing are unknown.

    \b
      layerzoo draw configs/lenet_train_test.yaml -o lenet.svg
    """
    from pathlib import Path

    from layerzoo.cli.nets import required, wired
    from layerzoo.drawing import draw
    from layerzoo.loader import load_net
    from layerzoo.schema import TEST, TRAIN, NetState

    path = required("model", net or model)
    state = NetState(phase=TRAIN if phase == "TRAIN" else TEST, level=level, stage=stage)
    graph = wired(load_net(path, overrides, lenient=True), state, "show")
    for name, why in graph.skipped:
        click.echo(f"left out: layer '{name}': {why}", err=True)
    for name, why in graph.missing:
        click.echo(f"unknown: layer '{name}': {why}", err=True)
    picture = target or f"{Path(path).stem}.svg"
    draw(graph, picture)
    click.echo(f"{picture}: {len(graph.layers)} layers, {len(graph.last)} blobs")
