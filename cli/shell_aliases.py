"""``layerzoo shell_aliases``: Caffe's programs by their old names."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.command("Files")
@click.argument("folder", metavar="DIR")
def command(folder: str) -> None:
    """Write small scripts into DIR with the names of Caffe's programs, for old shell scripts.

    Among them are caffe, convert_imageset, extract_features, classify.py and parse_log.py, each with and
    without .bin or .py, and with the arguments that it had. caffe train writes snapshots of Caffe's besides
    ours, .caffemodel and .solverstate, for what the script does with them.

    \b
      layerzoo shell_aliases ~/caffe-tools && PATH=~/caffe-tools:$PATH ./train.sh
      layerzoo shell_aliases build/tools && ./build/tools/caffe train -solver solver.prototxt
    """
    from layerzoo.tools.aliases import write_aliases

    written = write_aliases(folder)
    click.echo(f"wrote {len(written)} scripts into {folder}, {written[0].name} among them")
