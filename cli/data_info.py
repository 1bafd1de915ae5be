"""``layerzoo data info``: counts, shapes, classes, mean and deviation of data."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags, sourced


@click.command("info", cls=gflags.Command)
@click.argument("path", metavar="NET|SOLVER|DATA")
@sourced.limit
@gflags.switch("json", to="as_json", help="Print JSON.")
@flags.overrides
@flags.allow_python
def subcommand(path: str, limit: int, as_json: bool, overrides: tuple[str, ...]) -> None:
    """Print counts, shapes, classes, mean and deviation of the data of a net or a solver, or of data.

    DATA is a folder of images, an LMDB or LevelDB, an HDF5 file, a CSV file, annotations of COCO, or a folder
    of PASCAL VOC. Mean and deviation are of each channel (blue, green, red), in grey levels, before the
    transforms: the values for mean_value. Those of floats in a database or HDF5 are in their own units.
    """
    import json

    from layerzoo.cli.terminal import console
    from layerzoo.data_report.facts import facts_of, facts_table
    from layerzoo.terminal_text import one_line

    sources, _ = sourced.sources_in(path, overrides)
    try:
        statistics = sourced.read_all(sources, limit)
        if as_json:
            click.echo(json.dumps([facts_of(each) for each in statistics], indent=2))
            return
        for each in statistics:
            click.echo(one_line(each.name))
            console().print(facts_table(each))
    finally:
        for source in sources:
            source.close()
