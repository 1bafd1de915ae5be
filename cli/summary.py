"""``layerzoo summary``: print a net as a table."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.graph import Figures, Graph, GraphLayer


@gflags.command("Nets")
@flags.model
@flags.phase
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
@gflags.switch("json", to="as_json", help="Print JSON.")
def command(
    model: str | None,
    phase: str | None,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print a net's layers, shapes, params and multiply-adds as a table.

    Multiply-adds and bytes are those of one forward pass with the config's batch size. BatchNorm's statistics
    are not counted as params. Layers of subnets stand below the layer that runs them, in brackets: their
    params, and their multiply-adds in all runs, are part of its own.
    """
    from layerzoo.cli.nets import required, wired
    from layerzoo.graph import figures_of
    from layerzoo.loader import load_net
    from layerzoo.schema import NetState

    document = load_net(required("model", model), overrides)
    graph = wired(document, NetState(phase=(phase or "TEST").upper(), level=level, stage=stage))
    figures = figures_of(graph)
    if as_json:
        _print_json(graph, figures)
    else:
        _print_table(graph, figures)


def _print_table(graph: Graph, figures: Figures) -> None:
    from rich.table import Table

    from layerzoo.cli.terminal import console
    from layerzoo.schema import Phase

    table = Table(title=f"{graph.name or 'net'} ({Phase.Name(graph.state.phase)})", title_justify="left")
    for title in ("layer", "type", "output shape"):
        table.add_column(title, no_wrap=True)
    for title in ("params", "multiply-adds", "activation bytes"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in figures.layers:
        layer = row.layer
        shapes = ", ".join(_shown(graph, top) for top in layer.tops)
        counts = (f"{n:,}" if n else "" for n in (row.params, row.macs, row.bytes))
        table.add_row(layer.name, layer.param.type, shapes, *counts)
        for inner in _inside(layer):
            table.add_row(
                f"  {inner['layer']}", inner["type"], inner["shown"], inner["params"], inner["macs"]
            )
    table.add_section()
    sums = (figures.params, figures.macs, figures.bytes)
    table.add_row("total", f"{len(graph.layers)} layers", "", *(f"{total:,}" for total in sums))
    out = console()
    out.width = max(out.width, 60) if out.is_terminal else 200
    out.print(table)


def _inside(layer: GraphLayer) -> Iterator[dict[str, str]]:
    """The layers of the subnets that a layer runs: shapes of one run, multiply-adds of all."""
    for run in layer.inner:
        for one in run.graph.layers:
            if one.kind.is_input:
                continue
            shapes = ", ".join(_shown(run.graph, top) for top in one.tops)
            params = sum(prod(own.shape) for own in one.own if own.learns)
            macs = run.runs * run.graph.macs(one)
            yield {
                "layer": run.path_of(one.name),
                "type": one.param.type,
                "shown": f"{run.runs} x {shapes}" if run.runs > 1 else shapes,
                "params": f"({params:,})" if params else "",
                "macs": f"({macs:,})" if macs else "",
            }


def _shown(graph: Graph, blob: int) -> str:
    from layerzoo.graph import axes_of

    return "unknown" if graph.blobs[blob].shape is None else "x".join(axes_of(graph, blob)) or "scalar"


def _print_json(graph: Graph, figures: Figures) -> None:
    import json

    from layerzoo.graph import axes_of

    rows = [
        {
            "layer": row.layer.name,
            "type": row.layer.param.type,
            "shapes": [graph.blobs[top].shape for top in row.layer.tops],
            "params": row.params,
            "macs": row.macs,
            "bytes": row.bytes,
        }
        for row in figures.layers
    ]
    for row, made in zip(figures.layers, rows if graph.varying else (), strict=False):
        made["axes"] = [axes_of(graph, top) for top in row.layer.tops]
    sums = {"params": figures.params, "macs": figures.macs, "bytes": figures.bytes}
    click.echo(json.dumps({"net": graph.name, "layers": rows, "total": sums}, indent=1))
