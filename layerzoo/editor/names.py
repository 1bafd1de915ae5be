"""Names in a config: where a blob is produced and used, renaming, and the list of layers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from layerzoo.editor.parsed import Parsed
from layerzoo.errors import ConfigError
from layerzoo.loader.files import find_config
from layerzoo.nodes import Node

_BLOBS: Final = frozenset({"bottom", "top", "input"})
_NET_FILES: Final = frozenset({"net", "train_net", "test_net"})
_PLAIN: Final = re.compile(r"[A-Za-z_][\w./-]*")
_NOT_PLAIN: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


class Name(NamedTuple):
    """A name at a place.

    Attributes:
        kind: ``blob``, ``layer``, ``param`` or ``file``.
        node: the field whose value it is.
    """

    kind: str
    node: Node


class Symbol(NamedTuple):
    """A layer in the list of symbols.

    Attributes:
        name: its name.
        type: its type.
        start, end: the offsets of the layer.
        name_start, name_end: those of its name; of the layer's key if it has none.
    """

    name: str
    type: str
    start: int
    end: int
    name_start: int
    name_end: int


def span(node: Node) -> tuple[int, int]:
    """The offsets of a scalar, with its quotes."""
    origin = node.value_origin
    text = origin.source.text
    if node.quoted and text[origin.offset : origin.offset + 1] in ('"', "'"):
        end = text.find(text[origin.offset], origin.offset + 1)
        return origin.offset, end + 1 if end >= 0 else origin.offset + origin.length
    return origin.offset, origin.offset + origin.length


def name_at(config: Parsed, offset: int) -> Name | None:
    """The name of a blob, layer, param or net's file at an offset."""
    for path in config.paths():
        node = path[-1]
        if node.text is not None and node.text:
            start, end = span(node)
            if start <= offset <= end and (kind := _kind(config, path)):
                return Name(kind, node)
    return None


def _kind(config: Parsed, path: tuple[Node, ...]) -> str | None:
    """What a scalar names; None for other scalars."""
    node, outer = path[-1], path[-2].key if len(path) > 1 else ""
    if node.key in _BLOBS and (outer == "layer" or (node.key == "input" and not outer)):
        return "blob"
    if node.key == "name" and outer in {"layer", "param"}:
        return outer
    return "file" if config.is_solver and not outer and node.key in _NET_FILES else None


def references(config: Parsed, name: Name) -> list[Node]:
    """All nodes that have the same name, in the order of the text; an alias of YAML counts once."""
    found: dict[int, Node] = {}
    for path in config.paths():
        node = path[-1]
        if node.text == name.node.text and _kind(config, path) == name.kind:
            found.setdefault(node.value_offset, node)
    return sorted(found.values(), key=lambda node: node.value_offset)


def producers(config: Parsed, name: Name) -> list[Node]:
    """Where a name comes from: of a blob, the top of the last layer above; of a param, the first that has it.

    Layers that are part of different phases may produce a blob of the same name: then all of them.
    """
    if name.kind != "blob":
        return references(config, name)[:1]
    tops: list[tuple[Node, Node]] = []
    for layer in config.root.all("layer"):
        if name.node in layer.all("bottom"):
            break
        tops += [(layer, top) for top in layer.all("top") if top.text == name.node.text]
        if name.node in layer.all("top"):
            return [name.node]
    if not tops:
        return [node for node in config.root.all("input") if node.text == name.node.text]
    ruled = [top for layer, top in tops if layer.first("include") or layer.first("exclude")]
    last = tops[-1][1]
    return [last] if last not in ruled else ruled


def file_of(config: Parsed, name: Name) -> Path | None:
    """The file of a net that a solver names; None if it isn't there."""
    try:
        return find_config(name.node.text or "", config.path.parent if config.path else None)
    except ConfigError:
        return None


def renamed(config: Parsed, name: Name, new: str) -> Iterator[tuple[int, int, str]]:
    """The edits that rename a blob, layer or param everywhere: start, end and new text."""
    for node in references(config, name):
        start, end = span(node)
        old = node.source.text[start:end]
        if old.strip("\"'") != node.text:
            continue  # written with escapes or in pieces
        if old[:1] in ('"', "'"):
            yield start, end, f"{old[0]}{new}{old[0]}" if not set(new) & set("\\\"'") else json.dumps(new)
        else:
            plain = _PLAIN.fullmatch(new) and new.lower() not in _NOT_PLAIN
            yield start, end, new if plain else json.dumps(new, ensure_ascii=False)


def symbols(config: Parsed) -> list[Symbol]:
    """The layers of a net."""
    layers = [node for node in config.root.all("layer") if node.children is not None]
    offsets = [min(node.offset, node.value_offset) for node in layers]
    found = []
    for index, node in enumerate(layers):
        start = offsets[index]
        limit = offsets[index + 1] if index + 1 < len(layers) else len(config.source.text)
        last = max(
            (
                child.value_offset + len(child.text or "")
                for child in node.walk()
                if child.source is node.source
            ),
            default=start,
        )
        end = start + len(config.source.text[start:limit].rstrip())
        end = max(end if end > start else limit, min(last, limit))
        name, kind = node.first("name"), node.first("type")
        place = span(name) if name is not None and name.text else (start, start + 1)
        if not start <= place[0] <= place[1] <= end:
            place = (start, min(start + 1, end))
        found.append(
            Symbol(
                (name.text or "") if name is not None else "",
                (kind.text or "") if kind is not None else "",
                start,
                end,
                *place,
            )
        )
    return found
