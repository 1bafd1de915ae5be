"""``layerzoo list``: list the names that configs can use."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerzoo.catalogue import Entry


def _kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The kinds that begin with a text, for completion."""
    from layerzoo.catalogue import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]


@gflags.command("Nets")
@click.argument("kind", metavar="KIND", shell_complete=_kinds)
@gflags.switch("json", to="as_json", help="Print JSON.")
@flags.allow_python
def command(kind: str, as_json: bool) -> None:
    """List layers, solvers, policies, fillers, datasets, tasks or configs, one per line.

    Layers of Caffe's forks name the fork and the paper in brackets. Configs are those that come with
    Layerzoo, by folder; layerzoo copy puts one into the working folder.

    \b
      layerzoo list layers
      layerzoo explain Convolution
      layerzoo list configs
      layerzoo copy configs/lenet_solver.yaml
    """
    from layerzoo.catalogue import listing

    entries = listing(kind)
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps([asdict(entry) for entry in entries], indent=1))
    else:
        for line in _lines(entries):
            click.echo(line)


def _lines(entries: Sequence[Entry]) -> Iterator[str]:
    width = max((len(entry.name) for entry in entries), default=0)
    origins = max((len(entry.origin) for entry in entries), default=0)
    for index, (family, members) in enumerate(groupby(entries, key=lambda entry: entry.family)):
        if family:
            yield f"{'' if not index else chr(10)}{family}"
        margin = "  " if family else ""
        for entry in members:
            origin = f"{entry.origin:<{origins}}  " if origins else ""
            source = f" [{entry.source}]" if entry.source else ""
            yield f"{margin}{entry.name:<{width}}  {origin}{entry.line}{source}".rstrip()
