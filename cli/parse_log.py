"""``layerzoo parse_log``: convert a log to two tables, as Caffe's parse_log.py does."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.command("Runs")
@click.argument("log", metavar="LOG")
@click.argument("folder", metavar="[OUT_DIR]", default=".", required=False)
@gflags.switch("verbose", help="Print the written files with their numbers of rows.")
@gflags.flag("delimiter", metavar="C", default=",", show_default=True, help="Separator of columns.")
def command(log: str, folder: str, verbose: bool, delimiter: str) -> None:
    """Convert a log of Caffe or Layerzoo to LOG.train and LOG.test in OUT_DIR.

    Both are CSV files: NumIters, Seconds, LearningRate, and a column for each output of the net. As in
    Caffe's tool, LearningRate is the last value in the log before the row.

    \b
      layerzoo parse_log train.log
      layerzoo parse_log lenet.run tables -delimiter ';'
    """
    from pathlib import Path

    from layerzoo.errors import UsageError
    from layerzoo.runs import LOG, read_log, write_csv_pair

    if delimiter == "\\t":
        delimiter = "\t"
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(f"-delimiter {delimiter!r} must be one character, such as , or ; or \\t")
    source, out = Path(log), Path(folder)
    if not out.is_dir():
        raise UsageError(f"{out} is not a directory")
    name = source.resolve().name
    written = write_csv_pair(read_log(source / LOG if source.is_dir() else source), name, out, delimiter)
    if not any(written.values()):
        click.echo(f"{log}: contains no outputs of training; nothing to write", err=True)
    elif verbose:
        for path, rows in written.items():
            click.echo(f"Wrote {path}: {rows} rows" if rows else f"Not writing {path}; no rows to write")
