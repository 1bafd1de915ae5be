"""``layerzoo summary``: a net as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.graph import Graph


@gflags.command("Nets")
@flags.model
@flags.phase
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
def command(
    model: str | None, phase: str | None, level: int, stage: tuple[str, ...], overrides: tuple[str, ...]
) -> None:
    """Show a net's layers, shapes, params and multiply-adds as a table."""
    from rich.console import Console
    from rich.table import Table

    from layerzoo.cli.nets import required, wired
    from layerzoo.loader import load_net
    from layerzoo.schema import NetState, Phase

    document = load_net(required("model", model), overrides)
    state = NetState(phase=(phase or "TEST").upper(), level=level, stage=stage)
    graph = wired(document, state)
    table = Table(title=f"{graph.name or 'net'} ({Phase.Name(state.phase)})", title_justify="left")
    for title in ("layer", "type", "output shape"):
        table.add_column(title, no_wrap=True)
    for title in ("params", "multiply-adds", "activation bytes"):
        table.add_column(title, justify="right", no_wrap=True)
    rows, totals = table_rows(graph)
    for row in rows:
        table.add_row(*row)
    table.add_section()
    table.add_row("total", f"{len(graph.layers)} layers", "", *(f"{total:,}" for total in totals))
    console = Console()
    console.width = max(console.width, 60) if console.is_terminal else 200
    console.print(table)


def table_rows(graph: Graph) -> tuple[list[tuple[str, ...]], tuple[int, int, int]]:
    """A row for each layer, and the totals of params, multiply-adds and activation bytes.

    A shared param counts where it is owned; an in-place top takes no bytes of its own.
    """
    rows: list[tuple[str, ...]] = []
    params = macs = held = 0
    for layer in graph.layers:
        owned = sum(graph.params[p].count for p in layer.params if graph.params[p].users[0][0] == layer.index)
        work = graph.macs(layer)
        names = {graph.blobs[b].name for b in layer.bottoms}
        size = sum(4 * graph.blobs[t].count for t in layer.tops if graph.blobs[t].name not in names)
        shapes = ", ".join("x".join(map(str, shape)) or "scalar" for shape in graph.shapes(layer.tops))
        figures = tuple(f"{n:,}" if n else "" for n in (owned, work, size))
        rows.append((layer.name, layer.param.type, shapes, *figures))
        params, macs, held = params + owned, macs + work, held + size
    return rows, (params, macs, held)
