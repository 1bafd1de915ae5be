"""``layerzoo shell_aliases``: write scripts with the names of Caffe's programs."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.command("Files")
@click.argument("folder", metavar="DIR")
def command(folder: str) -> None:
    """Write scripts with the names of Caffe's programs into DIR, for old shell scripts.

    Among them are caffe, convert_imageset, extract_features, classify.py and parse_log.py, each with and
    without .bin or .py. They take the arguments of Caffe's programs. caffe train also writes Caffe's snapshot
    files, .caffemodel and .solverstate.

    \b
      layerzoo shell_aliases ~/caffe-tools && PATH=~/caffe-tools:$PATH ./train.sh
      layerzoo shell_aliases build/tools && build/tools/caffe train -solver s.prototxt
    """
    from layerzoo.tools.aliases import write_aliases

    written = write_aliases(folder)
    click.echo(f"wrote {len(written)} scripts to {folder}, such as {written[0].name}")
