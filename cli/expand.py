"""``layerzoo expand``: write a net with blocks as plain layers."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT", required=False)
@flags.overrides
@flags.allow_python
def command(source: str, target: str | None, overrides: tuple[str, ...]) -> None:
    """Write a net without blocks: subnets, repetition, conditions and expressions become plain layers.

    Old Caffe reads the result. In prototxt each layer of a block has a comment that says where the block and
    its use stand. Without OUT the net is printed as prototxt. Numbers that depend on shapes are computed.

    \b
      layerzoo expand resnet.yaml resnet101.prototxt -set let.depth=101
    """
    from pathlib import Path

    from layerzoo.cli.output_file import write_output
    from layerzoo.loader import emit, load_net
    from layerzoo.loader.files import format_of
    from layerzoo.net.plain import plain_net, with_origins

    document = load_net(source, overrides)
    net = plain_net(document)
    to = format_of(Path(target), "") if target is not None else "prototxt"
    text = with_origins(net, document) if to == "prototxt" else emit(net, to)
    if target is None:
        click.echo(text, nl=False)
        return
    write_output(source, target, text)
    click.echo(f"wrote {target} ({len(net.layer)} layers)")
