"""Where each layer stands in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from layerzoo.editor.parsed import Parsed
from layerzoo.nodes import Node

_LAYERS: Final = frozenset({"layer", "layers"})
_AROUND: Final = frozenset({"repeat", "subnet"})
_COMMENTS: Final = re.compile(
    r"(?:\s*(?:^[ \t]*#[^\n]*$|^[ \t]*\w+:[ \t]*$|^[ \t]*-[ \t]*$))+\s*\Z", re.MULTILINE
)
"""What belongs to the following layer: comments, and in YAML the key of a list or a dash on a line alone."""


def ranges(config: Parsed) -> dict[int, tuple[int, int]]:
    """The start and end of each layer, by the offsets of its node: of its key and of its value."""
    found: dict[int, tuple[int, int]] = {}
    _add(config.root, len(config.source.text), found)
    return found


def _add(scope: Node, limit: int, found: dict[int, tuple[int, int]]) -> None:
    nodes = list(_inner(scope))
    starts = [_start(node) for node in nodes]
    for node, start, following in zip(nodes, starts, [*starts, limit][1:], strict=True):
        text = _COMMENTS.sub("", node.source.text[start:following]).rstrip()
        end = start + max(1, len(text))
        if node.key in _LAYERS:
            found[node.value_offset] = found[node.offset] = (start, end)
        _add(node, end, found)


def _inner(scope: Node) -> Iterator[Node]:
    """The layers, repetitions and subnets in a message, and what else ends them."""
    for child in scope.children or ():
        inside = child.children is not None and child.key in _LAYERS | _AROUND
        if inside or scope.key in ("", *_AROUND):
            yield child


def _start(node: Node) -> int:
    return node.offset if node.source.text.startswith(node.key, node.offset) else node.value_offset
