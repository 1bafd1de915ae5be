"""``layerzoo upgrade``: a file in one of Caffe's old formats, written in today's."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="[OUT]", required=False)
@flags.allow_python
def command(source: str, target: str | None) -> None:
    """Write a net or solver of an old format of Caffe's (V0, V1) in today's.

    Text and binary files (.caffemodel) alike; a suffix of the other kind for OUT makes the one the other.
    Without OUT the file is upgraded in place, and the old one kept beside it as IN.bak. Every command reads
    old formats by itself, so no file needs this.

    \b
      layerzoo upgrade deploy_old.prototxt deploy.prototxt
      layerzoo upgrade net.caffemodel
    """
    from layerzoo.loader.upgrade import upgrade_file

    done = upgrade_file(source, target)
    where = target or source
    if not done.notes:
        click.echo(f"{where}: today's format, nothing to upgrade")
    else:
        click.echo(f"{where}: upgraded {'; '.join(done.notes)}")
    if done.backup is not None:
        click.echo(f"the old file is {done.backup}")
    if done.without_blobs:
        click.echo(f"blobs of weights left out, which a text has no room for: {done.without_blobs}")
