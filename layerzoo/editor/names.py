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
_SUBNETS: Final = frozenset({"net", "else_net"})
_PLAIN: Final = re.compile(r"[A-Za-z_][\w./-]*")
_NOT_PLAIN: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


class Name(NamedTuple):
    """A name at a place.

    Attributes:
        kind: ``blob``, ``layer``, ``param``, ``subnet`` or ``file``.
        node: the field whose value it is.
        scope: the net or subnet in which the name is known.
    """

    kind: str
    node: Node
    scope: Node


class Symbol(NamedTuple):
    """A layer or subnet in the list of symbols.

    Attributes:
        name: its name.
        type: its type; ``subnet`` for a subnet.
        start, end: the offsets of the layer or subnet.
        name_start, name_end: those of its name, or of its key.
        inside: the layers of a subnet.
    """

    name: str
    type: str
    start: int
    end: int
    name_start: int
    name_end: int
    inside: tuple[Symbol, ...] = ()


def scope_of(config: Parsed, path: tuple[Node, ...]) -> Node:
    """The subnet around a node, or the net: names of its layers and blobs are known in it alone."""
    return next((node for node in reversed(path[:-1]) if node.key == "subnet"), config.root)


def layers_of(scope: Node) -> Iterator[Node]:
    """The layers of a net or subnet in the order of the text, with those that ``repeat`` copies."""
    stack = [*reversed(scope.children or [])]
    while stack:
        node = stack.pop()
        if node.key == "layer":
            yield node
        if node.key in {"layer", "repeat"}:
            stack += reversed([child for child in node.children or () if child.key in {"layer", "repeat"}])


def read(layer: Node) -> list[Node]:
    """The names of blobs that a layer reads: its bottoms, and blobs in the place of its params."""
    return layer.all("bottom") + [blob for param in layer.all("param") for blob in param.all("blob")]


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
                return Name(kind, node, config.root if kind == "subnet" else scope_of(config, path))
    return None


def _kind(config: Parsed, path: tuple[Node, ...]) -> str | None:
    """What a scalar names; None for other scalars."""
    node, outer = path[-1], path[-2].key if len(path) > 1 else ""
    if node.key in _BLOBS and (outer == "layer" or (node.key == "input" and not outer)):
        return "blob"
    if node.key == "blob" and outer == "param":
        return "blob"
    if node.key == "name" and outer in {"layer", "param", "subnet"}:
        return outer
    if node.key in _SUBNETS and outer == "subnet_param":
        return "subnet"
    is_file = node.key in _NET_FILES if config.is_solver else False
    return "file" if not outer and (is_file or node.key == "include") else None


def references(config: Parsed, name: Name) -> list[Node]:
    """All nodes that have the same name, in the order of the text; an alias of YAML counts once."""
    found: dict[int, Node] = {}
    for path in config.paths():
        node = path[-1]
        same = node.text == name.node.text and _kind(config, path) == name.kind
        if same and (name.kind == "subnet" or scope_of(config, path) is name.scope):
            found.setdefault(node.value_offset, node)
    return sorted(found.values(), key=lambda node: node.value_offset)


def producers(config: Parsed, name: Name) -> list[Node]:
    """Where a name comes from: of a blob, the top of the last layer above; of a param, the first that has it.

    Layers that are part of different phases may produce a blob of the same name: then all of them.
    """
    if name.kind == "subnet":
        named = [node for subnet in config.root.all("subnet") for node in subnet.all("name")]
        return [node for node in named if node.text == name.node.text]
    if name.kind != "blob":
        return references(config, name)[:1]
    tops: list[tuple[Node, Node]] = []
    for layer in layers_of(name.scope):
        if name.node in read(layer):
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
    """The subnets and layers of a net, in the order of the text."""
    return _symbols(config.root, len(config.source.text))


def _symbols(scope: Node, limit: int) -> list[Symbol]:
    """The symbols of a net or subnet that ends before an offset."""
    nodes = [
        node for node in scope.children or () if node.key in {"layer", "subnet"} and node.children is not None
    ]
    starts = [min(node.offset, node.value_offset) for node in nodes]
    found = []
    for node, start, following in zip(nodes, starts, [*starts, limit][1:], strict=True):
        text = node.source.text[start:following]
        end = max(start + len(text.rstrip()), min(start + 1, following))
        name, kind = node.first("name"), node.first("type")
        place = span(name) if name is not None and name.text else (start, start + 1)
        if not start <= place[0] <= place[1] <= end:
            place = (start, min(start + 1, end))
        inside = _symbols(node, end) if node.key == "subnet" else []
        found.append(
            Symbol(
                (name.text or "") if name is not None else "",
                "subnet" if node.key == "subnet" else (kind.text or "") if kind is not None else "",
                start,
                end,
                *place,
                tuple(inside),
            )
        )
    return found
