"""``layerzoo fold``: propose blocks for a long net."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Files")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT.yaml", required=False)
@flags.allow_python
def command(source: str, target: str | None) -> None:
    """Propose blocks for a long net: layers that it has several times become subnets.

    Names of layers and blobs stay as they are, so published weights fit, and the result expands to the same
    net; this is checked. The blocks have numbers for names: rename them. Without OUT the net is printed.

    \b
      layerzoo fold resnet152.prototxt resnet152.yaml
    """
    import logging
    from pathlib import Path

    from layerzoo.cli.output_file import write_output
    from layerzoo.errors import UsageError
    from layerzoo.folding import folded
    from layerzoo.loader import load_net

    if target is not None and Path(target).suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{target}: a net with blocks is written as YAML; name it .yaml")
    document = load_net(source)
    for note in document.notes:
        logging.getLogger(__name__).info("%s", note)
    text = folded(document.message)
    if target is None:
        click.echo(text, nl=False)
        return
    write_output(source, target, text)
    click.echo(f"wrote {target} ({len(text.splitlines())} lines for {len(document.message.layer)} layers)")
