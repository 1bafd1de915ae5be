"""Turn the tree of a net or solver into one that can be bound: upgrade it, override it, expand its blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from layerzoo.errors import ConfigError, Fault
from layerzoo.expansion import expand_net, expand_solver, has_blocks, include_files, unknown_constant
from layerzoo.legacy import upgrade_net, upgrade_solver
from layerzoo.loader.document import Document
from layerzoo.loader.files import find_include, read_source
from layerzoo.loader.read_tree import read_tree
from layerzoo.nodes import Node, override
from layerzoo.nodes.override import Override

NET_FILES: Final = ("net", "train_net", "test_net")
"""The fields of a solver that name a net's file."""
INLINE_NETS: Final = ("net_param", "train_net_param", "test_net_param")
"""The fields of a solver that hold a net."""

_BLOCKS: Final = frozenset(("let", "subnet", "include"))
_IN_LAYERS: Final = frozenset(("subnet_param", "repeat", "when"))
_EXPANDED: Final = frozenset(("body", "else_body"))


class Kind(NamedTuple):
    """A kind of config.

    Attributes:
        upgrade: upgrades a tree from Caffe's old formats; returns notes.
        expand: expands the blocks of a tree.
    """

    upgrade: Callable[[Node, list[Fault]], list[str]]
    expand: Callable[[Node, list[Fault]], None]


NET: Final = Kind(upgrade_net, expand_net)
SOLVER: Final = Kind(upgrade_solver, expand_solver)


def parsed(overrides: Iterable[str]) -> list[Override]:
    """Parse the ``-set`` arguments; all malformed ones are reported at once.

    Raises:
        ConfigError: an argument is malformed.
    """
    changes: list[Override] = []
    faults: list[Fault] = []
    for argument in overrides:
        try:
            changes.append(override.parse(argument))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)
    return changes


def prepare(document: Document[Any], changes: Sequence[Override], kind: Kind, faults: list[Fault]) -> None:
    """Prepare a config; what changes blocks is applied before they are expanded, the rest after it."""
    begin(document, kind, faults)
    for change in changes:
        if is_early(change):
            apply(document, change, kind, faults)
    expand(document, kind, faults)
    for change in changes:
        if not is_early(change):
            apply(document, change, kind, faults)


def begin(document: Document[Any], kind: Kind, faults: list[Fault]) -> None:
    """Bring in the files of a tree with blocks; upgrade one without."""
    root = document.root
    inline = [node for key in INLINE_NETS for node in root.all(key)]
    document.blocks = any(map(has_blocks, (root, *inline)))
    for node in (root, *inline):
        if node.first("include") is not None:
            document.includes |= include_files(node, document.path, _read_include, faults)
    if not document.blocks:
        _note(document, kind.upgrade(root, faults))


def apply(document: Document[Any], change: Override, kind: Kind, faults: list[Fault]) -> None:
    """Apply an override, which may use old or current fields."""
    path = [segment for segment in change.path if segment.key not in INLINE_NETS]
    if len(path) > 1 and path[0].key == "let":
        missing = unknown_constant(document.root, path[1].key)
        if missing is not None and len(path) == len(change.path):
            faults.append(Fault(missing[0], change.origin(path[1]), missing[1]))
            return
    change.apply(document.root, faults)
    if not is_early(change):
        _note(document, kind.upgrade(document.root, faults))


def expand(document: Document[Any], kind: Kind, faults: list[Fault]) -> None:
    """Expand the blocks of a tree, and then upgrade it: what an old format means depends on the whole net."""
    if not document.blocks:
        return
    kind.expand(document.root, faults)
    _note(document, kind.upgrade(document.root, faults))
    for node in document.root.walk():
        if node.key in _EXPANDED:
            _note(document, upgrade_net(node, faults))


def is_early(change: Override) -> bool:
    """Whether an override changes what is expanded, and not a layer of the expanded net."""
    keys = [segment.key for segment in change.path]
    while keys and keys[0] in {*NET_FILES, *INLINE_NETS} and len(keys) > 1:
        del keys[0]
    return keys[0] in _BLOCKS or (not _IN_LAYERS.isdisjoint(keys) and _EXPANDED.isdisjoint(keys))


def _note(document: Document[Any], notes: list[str]) -> None:
    document.notes += [note for note in notes if note not in document.notes]


def _read_include(name: str, of: Path | None) -> tuple[Node, Path]:
    """Read an included file.

    Raises:
        ConfigError: it can't be read, or has syntax faults.
    """
    path = find_include(name, of)
    faults: list[Fault] = []
    root = read_tree(read_source(path), None, path, faults)
    if faults:
        raise ConfigError(faults)
    return root, path
