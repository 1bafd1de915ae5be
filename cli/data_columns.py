"""``layerzoo data columns``: what the columns of a table hold."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@click.command("columns", cls=gflags.Command)
@click.argument("table", metavar="TABLE.csv")
@gflags.flag(
    "label",
    to="labels",
    metavar="NAME,...",
    default="",
    callback=flags.words,
    help="The columns to predict; default: found by their names, else the last one.",
)
@gflags.flag("key", metavar="NAME", default="", help="The column that identifies rows.")
@gflags.flag(
    "delimiter", metavar="CHARACTER", default="", help="Between values; default: found by inspection."
)
def subcommand(table: str, labels: tuple[str, ...], key: str, delimiter: str) -> None:
    """Print what the columns of a CSV file hold, as fields for a CSVData layer.

    Types, categories, mean and standard deviation are found by inspection of all rows. Once they stand in
    the config, they don't change with the table.
    """
    from layerzoo.data.table_source import load_table
    from layerzoo.loader.emit import emit
    from layerzoo.schema import CSVDataParameter

    param = CSVDataParameter(source=table, label=labels, key=key, delimiter=delimiter)
    columns, rows = load_table(param)
    click.echo(emit(CSVDataParameter(column=columns), "yaml"), nl=False)
    click.echo(f"{len(rows.lines):,} rows; tops: {', '.join(rows.kinds)}", err=True)
    for note in rows.notes:
        click.echo(note, err=True)
