"""``layerzoo data show``: draw what a net is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags, sourced

if TYPE_CHECKING:
    from layerzoo.data_report.sources import DataSource


@click.command("show", cls=gflags.Command)
@click.argument("path", metavar="NET|SOLVER|DATA")
@gflags.flag("out", metavar="FILE.png", default="sheet.png", show_default=True, help="The picture to write.")
@gflags.flag(
    "phase",
    type=click.Choice(["TRAIN", "TEST"], case_sensitive=False),
    default="TRAIN",
    show_default=True,
    help="The phase whose data is shown.",
)
@gflags.flag(
    "rows", metavar="N", type=click.IntRange(1, 200), default=6, show_default=True, help="Number of samples."
)
@gflags.flag(
    "columns",
    metavar="N",
    type=click.IntRange(1, 50),
    default=5,
    show_default=True,
    help="Number of epochs: how often each sample is shown as it is fed.",
)
@gflags.flag(
    "side",
    metavar="PIXELS",
    type=click.IntRange(32, 1024),
    default=160,
    show_default=True,
    help="Side of a picture.",
)
@sourced.transform
@sourced.seed
@flags.overrides
@flags.allow_python
def subcommand(
    path: str,
    out: str,
    phase: str,
    rows: int,
    columns: int,
    side: int,
    transform: str,
    seed: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Draw samples as the net is fed, beside the original, with labels, boxes and masks.

    A row is a sample: first as it is in the source, then with the transforms of the first epochs, exactly as
    a run with that seed reads it; mean and scale are undone. Data without images are printed as a table.

    \b
      layerzoo data show net.yaml -out sheet.png
      layerzoo data show photos/
      layerzoo data show photos/ -transform "mirror: true warp_param { max_rotation: 15 }"
    """
    from pathlib import Path

    from layerzoo.cli.terminal import console
    from layerzoo.data_report.sheet import draw_sheet
    from layerzoo.data_report.table import sample_table
    from layerzoo.errors import DataError

    sources, of_run = sourced.sources_in(path, overrides, transform)
    chosen = [source for source in sources if source.phase == phase.upper()]
    if not chosen:
        raise DataError(f"{path}: no data layer in {phase.upper()}; give -phase {sources[0].phase}")
    number = of_run if seed is None else seed
    pictures: list[tuple[DataSource, Path]] = []
    for source in chosen:
        target = Path(out)
        if pictures:
            layer = source.name.replace("/", "_")
            target = target.with_name(f"{target.stem}_{layer}{target.suffix or '.png'}")
        try:
            if source.is_image:
                _save(draw_sheet(source, number, rows, columns, side), target)
                pictures.append((source, target))
            else:
                console().print(sample_table(source, number, rows))
        finally:
            source.close()
    for source, target in pictures:
        click.echo(f"{target}: {source.text}, {source.phase}, {min(rows, len(source.layer.source))} samples")


def _save(picture: object, target: object) -> None:
    from io import BytesIO
    from pathlib import Path

    from PIL import Image

    from layerzoo.atomic import write_atomic

    assert isinstance(picture, Image.Image)
    assert isinstance(target, Path)
    data = BytesIO()
    picture.save(data, "PNG")
    write_atomic(target, data.getvalue())
