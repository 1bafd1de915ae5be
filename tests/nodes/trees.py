"""Convert trees and faults to plain values for comparison."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.nodes import Node

Plain = list[tuple[str, object]]


def plain(node: Node) -> Plain:
    """A tree as nested pairs; a quoted string has its quotes."""
    return [
        (c.key, plain(c) if c.children is not None else f'"{c.text}"' if c.quoted else c.text)
        for c in node.children or ()
    ]


def places(faults: list[Fault]) -> list[tuple[int, int, str]]:
    """Line, column and message of each fault."""
    return [(*f.origin.source.position(f.origin.offset), f.message) for f in faults if f.origin]
