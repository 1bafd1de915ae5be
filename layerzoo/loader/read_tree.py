"""Read a text as a node tree, and tell a net from a solver."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from layerzoo.errors import ConfigError, Fault
from layerzoo.loader.files import Format, format_of, looks_like
from layerzoo.nodes import MAX_BYTES, Node, prototxt
from layerzoo.schema import NetParameter, SolverParameter, fields
from layerzoo.source import Origin, Source

_CALLED: Final[dict[Format, str]] = {"prototxt": "prototxt", "yaml": "YAML"}
_NET_KEYS: Final = frozenset({*fields(NetParameter), "layers"} - fields(SolverParameter).keys())
_LABEL_MAP_KEYS: Final = frozenset(("name", "label", "display_name", "id"))
_SOLVER_KEYS: Final = frozenset(fields(SolverParameter).keys() - fields(NetParameter).keys())


def read_tree(text: str | Source, format: Format | None, path: Path | None, faults: list[Fault]) -> Node:  # noqa: A002
    """Read a text as a node tree, without upgrading it; syntax faults are added to ``faults``."""
    if isinstance(text, str):
        chosen = format or format_of(path, text)
        if len(text) > MAX_BYTES:
            raise ConfigError(f"a text of {len(text):,} characters; a config has at most {MAX_BYTES:,}")
        text = Source(str(path or f"<{chosen}>"), text.removeprefix("\ufeff"), chosen == "yaml")
    elif format:
        text = Source(text.name, text.text, format == "yaml")
    syntax: list[Fault] = []
    if text.bare_strings:
        from layerzoo.nodes import yaml  # imported here, since prototxt needs no YAML parser

        root = yaml.read(text, syntax)
    else:
        root = prototxt.read(text, syntax)
    if syntax:
        read_as: Format = "yaml" if text.bare_strings else "prototxt"
        look = looks_like(text.text)
        if look not in {None, read_as}:
            message = f"this looks like {_CALLED[look or read_as]}, but was read as {_CALLED[read_as]}"
            raise ConfigError(Fault(message, Origin(text, 0), f"name it .{look}"))
    elif not root.children:
        raise ConfigError(f"{text.name}: only comments; expected a config")
    faults += syntax
    return root


def is_solver(source: Source) -> bool:
    """Whether the fields of a text are those of a solver rather than of a net."""
    keys = {child.key for child in read_tree(source, None, None, []).children or ()}
    return len(keys & _SOLVER_KEYS) > len(keys & _NET_KEYS)


def is_label_map(source: Source | Node) -> bool:
    """Whether a text is a label map of SSD: ``item { name label display_name }``."""
    if isinstance(source, Source) and "item" not in source.text:
        return False
    root = source if isinstance(source, Node) else read_tree(source, None, None, [])
    items = root.children or ()
    return bool(items) and all(
        item.key == "item" and item.children and {child.key for child in item.children} <= _LABEL_MAP_KEYS
        for item in items
    )


def check_kind(root: Node, kind: str) -> None:
    """Refuse a net in place of a solver, and the reverse.

    Raises:
        ConfigError: the tree is of the other kind, or a label map.
    """
    keys = {child.key for child in root.children or ()}
    if is_label_map(root):
        origin = root.children[0].origin if root.children else None
        raise ConfigError([Fault(f"this is a label map, not a {kind}", origin, "it names classes")])
    other, own = (_SOLVER_KEYS, _NET_KEYS) if kind == "net" else (_NET_KEYS, _SOLVER_KEYS)
    if keys & other and not keys & own:
        if kind == "net":
            node = root.first("net") or root.first("train_net")
            hint = f"its net is '{node.text}'" if node is not None else "pass it with -solver"
            what = "a solver, not a net"
        else:
            what, hint = "a net, not a solver", "a solver names a net with 'net' and says how to train it"
        node = root.first("layer") or root.first("layers") or root.first("net")
        origin = (node or next(child for child in root.children or () if child.key in other)).origin
        raise ConfigError([Fault(f"this is {what}", origin, hint)])
