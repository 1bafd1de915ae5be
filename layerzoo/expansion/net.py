"""Expand a net or a solver in place: files, constants, blocks, repetition, conditions, expressions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from layerzoo.errors import ConfigError, Fault, did_you_mean, nearest
from layerzoo.expansion.copying import copied
from layerzoo.expansion.expander import Expander
from layerzoo.expansion.planned import CALL, PARAM
from layerzoo.expansion.scope import Scope, StoppedError
from layerzoo.expansion.subnet import Subnet, constants
from layerzoo.expressions import Steps
from layerzoo.nodes import Node

MAX_INCLUDES: Final = 100
"""The largest number of files that a config includes, those that they include counted."""

Read = Callable[[str, Path | None], tuple[Node, Path]]
"""Reads an included file: its path as written, and the file that names it, to its tree and its place."""

_BLOCKS: Final = ("let", "subnet", "include")
_INCLUDED: Final = ("let", "subnet", "include", "name")
_NETS: Final = ("net_param", "train_net_param", "test_net_param")


def has_blocks(root: Node) -> bool:
    """Whether a net or solver has any of the fields that are expanded; without them ``${`` is only text."""
    for child in root.children or ():
        if child.key in _BLOCKS:
            return True
        if child.key == "layer":
            for inner in child.children or ():
                if inner.key in {"when", "repeat"} or (inner.key == "type" and inner.text == CALL):
                    return True
                if inner.key == PARAM and inner.first("net") is not None and inner.first("body") is None:
                    return True
    return False


def include_files(root: Node, file: Path | None, read: Read, faults: list[Fault]) -> dict[Path, str]:
    """Bring the subnets and constants of included files into a config.

    The config's own constants replace those of the same name in its files.

    Args:
        root: the config's tree, changed in place.
        file: its file; None for a text.
        read: reads an included file.
        faults: receives the faults.

    Returns:
        the texts of the files by their paths.
    """
    files: dict[Path, str] = {}
    lets: list[Node] = []
    subnets: list[Node] = []

    def bring(holder: Node, of: Path | None, path: tuple[Path, ...]) -> None:
        for node in holder.all("include"):
            if node.text is None:
                continue
            try:
                tree, place = read(node.text, of)
            except ConfigError as error:
                faults.extend(Fault(f.message, f.origin or node.value_origin, f.hint) for f in error.faults)
                continue
            if place in path:
                faults.append(Fault(f"'{node.text}' includes itself", node.value_origin))
            if place in files:
                continue
            files[place] = tree.source.text
            if len(files) > MAX_INCLUDES:
                faults.append(Fault(f"more than {MAX_INCLUDES} included files", node.value_origin))
                return
            bring(tree, place, (*path, place))
            for child in tree.children or ():
                if child.key not in _INCLUDED:
                    hint = "an included file has subnets and constants"
                    faults.append(Fault(f"'{child.key}' in an included file", child.origin, hint))
            subnets.extend(tree.all("subnet"))
            lets.extend(tree.all("let"))

    bring(root, file, (file,) if file is not None else ())
    if lets and root.children is not None:
        own = root.first("let")
        if own is None:
            own = Node("let", None, [], root.source, root.offset, root.value_offset)
            root.children.insert(0, own)
        names = {child.key for child in own.children or ()}
        brought = [child for let in lets for child in let.children or () if child.key not in names]
        own.children = [*brought, *(own.children or ())]
    if root.children is not None:
        root.children += subnets
    return files


def unknown_constant(root: Node, name: str) -> tuple[str, str | None] | None:
    """Message and hint for a ``-set let.…`` of a constant that a config doesn't have; None if it has it."""
    let = root.first("let")
    known = [child.key for child in (let.children or ())] if let is not None else []
    if name in known:
        return None
    hint = did_you_mean(nearest(name, known)) or (f"it has {', '.join(known[:12])}" if known else None)
    return f"the config has no constant '{name}'", hint


def expand_net(root: Node, faults: list[Fault], outer: Scope | None = None) -> None:
    """Replace blocks, repetitions, conditions and expressions of a net by plain layers.

    Args:
        root: the net's tree, changed in place; its files are included already.
        faults: receives the faults.
        outer: for a net inside a solver, what the solver's expressions see.
    """
    try:
        root.children = _expanded(root, outer or Scope({}, faults, Steps()))
    except StoppedError:
        root.children = []


def _expanded(root: Node, scope: Scope) -> list[Node]:
    """The fields of a net without blocks."""
    for let in root.all("let"):
        scope = Scope(constants(let, scope), scope.faults, scope.steps)
    subnets: dict[str, Subnet] = {}
    for node in root.all("subnet"):
        subnet = Subnet(node, scope)
        first = subnets.setdefault(subnet.name, subnet)
        if first is not subnet:
            line = f"the other is at {first.node.origin}"
            scope.fault(f"two subnets are named '{subnet.name}'", node.origin, line)
    layers = Expander(subnets).expand(root.all("layer"), scope)
    others = [
        copy
        for child in root.children or ()
        if child.key not in {*_BLOCKS, "layer"}
        for copy in copied(child, scope)
    ]
    return [*others, *layers]


def expand_solver(root: Node, faults: list[Fault]) -> None:
    """Replace the expressions of a solver, and expand the nets that are written inside it."""
    scope = Scope({}, faults, Steps())
    children: list[Node] = []
    try:
        for let in root.all("let"):
            scope = Scope(constants(let, scope), faults, scope.steps)
        _expand_fields(root, children, scope)
    except StoppedError:
        children.clear()
    root.children = children


def _expand_fields(root: Node, children: list[Node], scope: Scope) -> None:
    """Add a solver's fields without expressions to ``children``."""
    for child in root.children or ():
        if child.key in _NETS and child.children is not None:
            if scope.values or has_blocks(child):
                expand_net(child, scope.faults, scope)
            children.append(child)
        elif child.key not in _BLOCKS:
            children += copied(child, scope)
