"""``layerzoo upgrade``: convert a file of Caffe's old formats to the current one."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="[OUT]", required=False)
@flags.allow_python
def command(source: str, target: str | None) -> None:
    """Convert a net or solver of Caffe's old formats (V0, V1) to the current one.

    Both text and binary files (.caffemodel) are read; OUT's suffix chooses the kind that is written. Without
    OUT the file is upgraded in place, and the old file is kept as IN.bak. All commands read old formats, so
    upgrading is optional.

    \b
      layerzoo upgrade deploy_old.prototxt deploy.prototxt
      layerzoo upgrade net.caffemodel
    """
    from layerzoo.loader.upgrade import upgrade_file

    result = upgrade_file(source, target)
    where = target or source
    if not result.notes:
        click.echo(f"{where}: the format is current; nothing to upgrade")
    else:
        click.echo(f"{where}: upgraded {'; '.join(result.notes)}")
    if result.backup is not None:
        click.echo(f"the old file was kept as {result.backup}")
    if result.without_blobs:
        click.echo(f"weight blobs dropped, which text files can't hold: {result.without_blobs}")
