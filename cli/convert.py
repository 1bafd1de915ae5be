"""``layerzoo convert``: convert a config between prototxt and YAML."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@gflags.switch("lenient", help="Drop unknown fields with a warning.")
@flags.allow_python
def command(source: str, target: str, lenient: bool) -> None:
    """Convert a net or solver to prototxt or YAML, by OUT's suffix.

    Comments are dropped and blocks become plain layers; everything else is kept. Caffe's old formats are
    upgraded. Nets that a solver names by path are not converted.

    \b
      layerzoo convert lenet.prototxt lenet.yaml
    """
    import logging

    from layerzoo.cli.output_file import refuse_same_file
    from layerzoo.loader import convert

    logger = logging.getLogger(__name__)
    refuse_same_file(source, target)
    result = convert(source, target, lenient=lenient)
    for warning in result.warnings:
        logger.warning("%s", warning)
    for note in result.notes:
        logger.info("%s", note)
    click.echo(f"wrote {target}")
