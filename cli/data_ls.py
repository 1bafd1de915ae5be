"""``layerzoo data ls``: list the samples of data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags, sourced

if TYPE_CHECKING:
    from layerzoo.data_report.sources import DataSource


@click.command("ls", cls=gflags.Command)
@click.argument("path", metavar="NET|SOLVER|DATA")
@gflags.flag(
    "rows",
    metavar="N",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="The most samples of each source; 0 lists all.",
)
@gflags.switch("json", to="as_json", help="Print a JSON object per line.")
@flags.overrides
@flags.allow_python
def subcommand(path: str, rows: int, as_json: bool, overrides: tuple[str, ...]) -> None:
    """List the samples of the data of a net or a solver, or of data: number, class and name.

    DATA is a folder of images, an LMDB or LevelDB, an HDF5 file, or a CSV file.
    """
    import json

    from layerzoo.terminal_text import one_line

    sources, _ = sourced.sources_in(path, overrides)
    try:
        for source in sources:
            samples = source.layer.source
            shown = min(rows or len(samples), len(samples))
            labels = _labels(source, shown)
            if not as_json:
                click.echo(f"{one_line(source.text)}, {source.part}: {len(samples):,} samples")
            for index, number in enumerate(labels):
                name = samples.name(index)
                label = None if number is None else source.class_name(number)
                if as_json:
                    row = {"phase": source.phase, "part": source.part, "index": index}
                    click.echo(json.dumps(row | {"label": label, "name": name}))
                else:
                    click.echo(f"{index:>8}  {one_line(label or ''):<16}  {one_line(name)}")
            if shown < len(samples) and not as_json:
                click.echo(f"          … {len(samples) - shown:,} more; -rows 0 lists all")
    finally:
        for source in sources:
            source.close()


def _labels(source: DataSource, count: int) -> Sequence[int | None]:
    """The classes of the first samples; None for one that has none, or can't be read."""
    from layerzoo.data_report.annotations import annotation_of
    from layerzoo.errors import DataError

    samples = source.layer.source
    if samples.labels_are_known or count == len(samples):
        known = samples.labels()
        return [None] * count if known is None else known[:count].tolist()
    labels: list[int | None] = []
    for index in range(count):  # reading those of all samples may take minutes
        try:
            labels.append(annotation_of(source.original(index)).label)
        except DataError:
            labels.append(None)
    return labels
