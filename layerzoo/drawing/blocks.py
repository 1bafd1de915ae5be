"""Fold the blocks of a diagram: each becomes one box, which opens to a diagram of its own."""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from layerzoo.drawing.diagram import OUTPUT, Diagram, Edge, Node
from layerzoo.source import CallSite

BLOCK: Final = "block"
"""The family of boxes that stand for blocks."""


def folded(diagram: Diagram) -> list[Diagram]:
    """The diagrams of a net with blocks: of the net, and of the inside of each block.

    A box that stands for a block has the number of its diagram in ``opens``. Blobs from outside of a block,
    and those that go out, have small boxes.
    """
    order: dict[tuple[CallSite, ...], int] = {(): 0}
    for node in diagram.nodes:
        for depth in range(1, len(node.path) + 1):
            order.setdefault(node.path[:depth], len(order))
    return [_inside(diagram, path, order) for path in order]


def _inside(whole: Diagram, path: tuple[CallSite, ...], order: dict[tuple[CallSite, ...], int]) -> Diagram:
    """The diagram of a block, in which the blocks inside it are boxes."""
    depth = len(path)
    members = [index for index, node in enumerate(whole.nodes) if node.path[:depth] == path]
    inside = Diagram(_name([whole.nodes[k] for k in members], path) if path else whole.name)
    box: dict[int, int] = {}
    blocks: dict[tuple[CallSite, ...], int] = {}
    for index in members:
        node = whole.nodes[index]
        if len(node.path) == depth:
            box[index] = len(inside.nodes)
            inside.nodes.append(node)
            continue
        child = node.path[: depth + 1]
        if child not in blocks:
            blocks[child] = len(inside.nodes)
            of = [other for other in whole.nodes if other.path[: depth + 1] == child]
            inside.nodes.append(_box(of, child, order[child]))
        box[index] = blocks[child]
    seen: set[tuple[int, int, str]] = set()
    ends: dict[str, int] = {}
    for edge in whole.edges:
        start, end = box.get(edge.start), box.get(edge.end)
        if start is None and end is None:
            continue
        if start is None:
            start = ends.get(f"in {edge.blob}", len(inside.nodes))
            if start == len(inside.nodes):
                ends[f"in {edge.blob}"] = start
                inside.nodes.append(Node(edge.blob, [], OUTPUT, f"blob '{edge.blob}', from outside"))
        if end is None:
            end = ends.get(f"out {edge.blob}", len(inside.nodes))
            if end == len(inside.nodes):
                ends[f"out {edge.blob}"] = end
                inside.nodes.append(Node(edge.blob, [], OUTPUT, f"blob '{edge.blob}', for layers outside"))
        if start != end and (start, end, edge.blob) not in seen:
            seen.add((start, end, edge.blob))
            inside.edges.append(Edge(start, end, edge.label, edge.blob))
    return inside


def _box(nodes: list[Node], path: tuple[CallSite, ...], number: int) -> Node:
    """The box that stands for a block."""
    call = path[-1]
    layers = sum(len(node.lines) for node in nodes)  # a line for each layer of a box
    lines = [f"{call.block}  {call.values}".rstrip(), f"{layers} layers"]
    inside = tuple(index for node in nodes for index in node.layers)
    return Node(_name(nodes, path), lines, BLOCK, f"{call}\n\nclick to open", opens=number, layers=inside)


def _name(nodes: list[Node], path: tuple[CallSite, ...]) -> str:
    """The path that the names of a block's layers share, else the name of the block."""
    parts = [node.title.split("/")[:-1] for node in nodes if node.family != OUTPUT]
    shared = takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    return "/".join(column[0] for column in shared) or path[-1].block
