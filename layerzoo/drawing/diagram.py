"""Convert a graph to a diagram of boxes and arrows, without coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from layerzoo.graph import Blob, Graph, GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.loader import emit
from layerzoo.schema import fields, part_of
from layerzoo.source import CallSite

_MAX_LINE: Final = 60
"""Characters in a line of a box."""
OUTPUT: Final = "output"


@dataclass
class Node:
    """A box.

    Attributes:
        title: first line, the layer's name.
        lines: further lines: the type with its fields, and the layers that run in place on its top.
        family: family of the layer type, which selects the colour.
        detail: the layer's config as prototxt.
        path: the uses of the blocks that the layer stands in, the outermost first.
        opens: the number of the diagram that a box for a block opens to.
        layers: the indices of its layers in the graph.
    """

    title: str
    lines: list[str] = field(default_factory=list)
    family: str = "other"
    detail: str = ""
    path: tuple[CallSite, ...] = ()
    opens: int | None = None
    layers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Edge:
    """An arrow between two boxes, given by their indices; ``label`` is the blob's shape."""

    start: int
    end: int
    label: str = ""
    blob: str = ""


@dataclass
class Diagram:
    """The boxes and arrows of a net."""

    name: str
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


def diagram_of(graph: Graph) -> Diagram:
    """Convert a graph to a diagram.

    A layer that runs in place on the only top of another, as its only consumer, becomes a line in the other
    layer's box. Each blob without consumers leads to a small output box.
    """
    diagram = Diagram(graph.name or "net")
    box: dict[int, int] = {}
    for layer in graph.layers:
        host = _host(graph, layer)
        if host is None:
            box[layer.index] = len(diagram.nodes)
            node = Node(layer.name, [_summary(layer)], _family(layer), _detail(layer), _path(layer))
            node.layers = (layer.index,)
            diagram.nodes.append(node)
        else:
            box[layer.index] = box[host]
            node = diagram.nodes[box[host]]
            node.lines.append(f"+ {_summary(layer)}")
            node.detail += f"\n{_detail(layer)}"
            node.layers += (layer.index,)
    for blob in graph.blobs:
        start = box[blob.producer]
        label = shown(blob)
        ends = dict.fromkeys(box[layer] for layer, _ in blob.consumers)
        for end in ends:
            if end != start:
                diagram.edges.append(Edge(start, end, label, blob.name))
        if not blob.consumers:
            diagram.edges.append(Edge(start, len(diagram.nodes), label, blob.name))
            diagram.nodes.append(Node(blob.name, [], OUTPUT, f"output '{blob.name}' {label}"))
    return diagram


def shown(blob: Blob) -> str:
    """Format a blob's shape, such as "1 x 3 x 8"."""
    if blob.shape is None:
        return "unknown shape"
    return " x ".join(map(str, blob.shape)) or "scalar"


def _host(graph: Graph, layer: GraphLayer) -> int | None:
    """The layer whose box contains this in-place layer; None if it has its own box."""
    if len(layer.bottoms) != 1 or len(layer.tops) != 1:
        return None
    bottom, top = graph.blobs[layer.bottoms[0]], graph.blobs[layer.tops[0]]
    alone = len(bottom.consumers) == 1 and len(graph.layers[bottom.producer].tops) == 1
    return bottom.producer if bottom.name == top.name and alone else None


def _summary(layer: GraphLayer) -> str:
    """The type, and the fields set in its own message, in one line."""
    parts = [layer.param.type]
    for message in layer.kind.messages[:1]:
        own = part_of(layer.param, message)
        if own is None:
            continue
        for name, declared in fields(type(own)).items():
            value = getattr(own, name)
            if declared.kind in {"message", "string", "bytes"} or name == "engine":
                continue
            if declared.repeated:
                if value:
                    parts.append(f"{name} {'x'.join(map(str, value))}")
            elif own.HasField(name):
                parts.append(f"{name} {_value(declared.values, value)}")
    text = parts[0] + ("  " + ", ".join(parts[1:]) if len(parts) > 1 else "")
    return text if len(text) <= _MAX_LINE else text[: _MAX_LINE - 1] + "…"


def _value(names: Mapping[str, int], value: bool | int | float) -> str:
    """Format a scalar as in configs; enum values by name."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return next((name for name, number in names.items() if number == value), str(value))


def _path(layer: GraphLayer) -> tuple[CallSite, ...]:
    """The uses of the blocks that a layer stands in, the outermost first."""
    return tuple(layer.node.origin.calls)[::-1] if layer.node is not None else ()


def _family(layer: GraphLayer) -> str:
    return LAYERS[layer.param.type].family


def _detail(layer: GraphLayer) -> str:
    return emit(layer.param, "prototxt").rstrip()
