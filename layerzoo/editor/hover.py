"""What is shown of a word under the pointer: the explanation of a field or name, or what produces a blob."""

from __future__ import annotations

from typing import NamedTuple

from layerzoo.catalogue import explain
from layerzoo.editor.names import name_at, producers, references, span
from layerzoo.editor.parsed import Parsed
from layerzoo.errors import UsageError
from layerzoo.nodes import Node


class Hover(NamedTuple):
    """A text for a range of offsets."""

    start: int
    end: int
    text: str


def hover(config: Parsed, offset: int) -> Hover | None:
    """The explanation of what stands at an offset; None if there is nothing to say."""
    for path in config.paths():
        node = path[-1]
        if node.offset <= offset < node.offset + len(node.key):
            field = config.field(path)
            if field is not None:
                return _explained(field.full_name, node.offset, node.offset + len(node.key))
        if node.text:
            start, end = span(node)
            if start <= offset < end:
                return _of_value(config, path, start, end)
    return None


def _of_value(config: Parsed, path: tuple[Node, ...], start: int, end: int) -> Hover | None:
    node, field = path[-1], config.field(path)
    if field is not None and field.name in {"type", "lr_policy"}:
        return _explained(node.text or "", start, end)
    name = name_at(config, start)
    if name is not None and name.kind == "blob":
        made = [_line(config, one) for one in producers(config, name)]
        used = [_line(config, one) for one in references(config, name) if one.key in {"bottom", "blob"}]
        parts = [f"blob {node.text}"]
        parts += [f"produced on line {', '.join(map(str, made))}"] if made else ["produced by no layer above"]
        parts += (
            [f"used on line {', '.join(map(str, dict.fromkeys(used)))}"] if used else ["used by no layer"]
        )
        return Hover(start, end, "\n".join(parts))
    return _explained(field.full_name, start, end) if field is not None else None


def _explained(name: str, start: int, end: int) -> Hover | None:
    try:
        return Hover(start, end, explain(name))
    except UsageError:
        return None


def _line(config: Parsed, node: Node) -> int:
    return config.source.position(node.value_offset).line
