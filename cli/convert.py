"""``layerzoo convert``: a config from one format to the other."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@gflags.switch("lenient", help="Leave out unknown fields, with a warning, instead of refusing them.")
@flags.allow_python
def command(source: str, target: str, lenient: bool) -> None:
    """Write a net or solver as prototxt or YAML, by OUT's suffix.

    Nothing is lost but comments. Old formats of Caffe's become today's; the nets that a solver names by path
    are left alone.

    \b
      layerzoo convert lenet.prototxt lenet.yaml
    """
    import logging

    from layerzoo.errors import UsageError
    from layerzoo.loader import convert, find_config

    logger = logging.getLogger(__name__)
    if Path(target).exists() and find_config(source).samefile(target):
        raise UsageError(f"{source} and {target} are one file; name another to write to")
    done = convert(source, target, lenient=lenient)
    for warning in done.warnings:
        logger.warning("%s", warning)
    for note in done.notes:
        logger.info("%s", note)
    click.echo(f"wrote {target}")
