"""Write a diagram in graphviz's dot language."""

from __future__ import annotations

from collections.abc import Iterator

from layerzoo.drawing.diagram import Diagram
from layerzoo.drawing.scene import COLOURS


def dot(diagram: Diagram) -> str:
    """The diagram as dot source; graphviz computes the layout."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield f"digraph {_quoted(diagram.name)} {{"
    yield '  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11]'
    yield '  edge [fontname="Helvetica" fontsize=10 color="#5f6368" fontcolor="#5f6368"]'
    for index, node in enumerate(diagram.nodes):
        inside, edge = COLOURS.get(node.family, ("#f8e8f4", "#a1327f"))
        label = _quoted("\n".join([node.title, *node.lines]))
        yield f'  n{index} [label={label} fillcolor="{inside}" color="{edge}"]'
    for arrow in diagram.edges:
        yield f"  n{arrow.start} -> n{arrow.end} [label={_quoted(arrow.label)}]"
    yield "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
