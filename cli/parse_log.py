"""``layerzoo parse_log``: a log as two tables, those of Caffe's tool of that name."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.command("Runs")
@click.argument("log", metavar="LOG")
@click.argument("folder", metavar="[OUT_DIR]", default=".", required=False)
@gflags.switch("verbose", help="Say which files were written, and with how many rows.")
@gflags.flag("delimiter", metavar="C", default=",", show_default=True, help="What stands between columns.")
def command(log: str, folder: str, verbose: bool, delimiter: str) -> None:
    """Write the numbers of a log, Caffe's or ours, as LOG.train and LOG.test in OUT_DIR.

    Both are CSV: NumIters, Seconds, LearningRate, and a column for each output of the net. As in Caffe's
    tool, LearningRate is the last one that the log said before the row.

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
        raise UsageError(f"-delimiter {delimiter!r} has to be one character, such as , or ; or \\t")
    source, out = Path(log), Path(folder)
    if not out.is_dir():
        raise UsageError(f"{out} is no folder")
    name = source.resolve().name
    written = write_csv_pair(read_log(source / LOG if source.is_dir() else source), name, out, delimiter)
    if not any(written.values()):
        click.echo(f"{log}: no outputs of a training in it, nothing to write", err=True)
    elif verbose:
        for path, rows in written.items():
            click.echo(f"Wrote {path}: {rows} rows" if rows else f"Not writing {path}; no rows to write")
