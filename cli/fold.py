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

    from layerzoo.atomic import write_atomic
    from layerzoo.errors import LayerzooError, UsageError
    from layerzoo.folding import folded
    from layerzoo.loader import find_config, load_net

    if target is not None and Path(target).suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{target}: a net with blocks is written as YAML; name it .yaml")
    document = load_net(source)
    for note in document.notes:
        logging.getLogger(__name__).info("%s", note)
    text = folded(document.message)
    if target is None:
        click.echo(text, nl=False)
        return
    if Path(target).exists() and find_config(source).samefile(target):
        raise UsageError(f"{source} and {target} are the same file; name another output file")
    try:
        write_atomic(Path(target), text)
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from error
    click.echo(f"wrote {target} ({len(text.splitlines())} lines for {len(document.message.layer)} layers)")
