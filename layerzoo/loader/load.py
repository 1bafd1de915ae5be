"""Load a config file or text: read, upgrade, override and bind it, with the nets that a solver names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, TypeVar

from google.protobuf.message import Message

from layerzoo.collector import paused
from layerzoo.errors import ConfigError, Fault, in_text_order
from layerzoo.legacy import upgrade_net, upgrade_solver
from layerzoo.loader.binder import bind
from layerzoo.loader.files import Format, find_config, format_of, looks_like, not_found, read_source
from layerzoo.nodes import MAX_BYTES, Node, override, prototxt
from layerzoo.nodes.override import Override
from layerzoo.schema import NetParameter, SolverParameter, fields
from layerzoo.source import Origin, Source

M = TypeVar("M", bound=Message)

MAX_NETS: Final = 100
"""The largest number of nets of a solver."""
_NET_FILES: Final = ("net", "train_net", "test_net")
_INLINE_NETS: Final = ("net_param", "train_net_param", "test_net_param")
_CALLED: Final[dict[Format, str]] = {"prototxt": "prototxt", "yaml": "YAML"}
_NET_KEYS: Final = frozenset({*fields(NetParameter), "layers"} - fields(SolverParameter).keys())
_LABEL_MAP_KEYS: Final = frozenset(("name", "label", "display_name", "id"))
_SOLVER_KEYS: Final = frozenset(fields(SolverParameter).keys() - fields(NetParameter).keys())


@dataclass
class Document(Generic[M]):
    """A loaded config.

    Attributes:
        message: the bound message; ``message.layer[i]`` is bound from ``root.all("layer")[i]``.
        root: its node tree, after upgrades and overrides.
        path: the file; None for a text. For a net written inside a solver, the solver's.
        warnings: fields that lenient loading dropped.
        notes: a short line for each kind of upgrade.
        nets: for a solver, the loaded nets that it names, by the field that names them (``net``,
            ``train_net``, ``test_net``, ``net_param``, ``train_net_param``, ``test_net_param``).
    """

    message: M
    root: Node
    path: Path | None = None
    warnings: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    nets: dict[str, list[Document[NetParameter]]] = field(default_factory=dict)


def load_net(
    path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    *,
    lenient: bool = False,
    faults: list[Fault] | None = None,
) -> Document[NetParameter]:
    """Load a net from a config file.

    Args:
        path: the file; searched in the working folder, then among the configs of the package.
        overrides: ``-set`` arguments, such as ``layer[conv1].convolution_param.num_output=32``; they may
            begin with ``net.`` as for a solver.
        lenient: drop unknown fields with a warning.
        faults: receives the faults, and the net is returned without the faulty fields; None raises them.

    Raises:
        ConfigError: the file can't be read; or the config has faults, and ``faults`` is None.
    """
    file = find_config(path)
    return parse_net(
        read_source(file, _name_of(path, file), from_user=True),
        overrides,
        path=file,
        lenient=lenient,
        faults=faults,
    )


def load_solver(
    path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    *,
    lenient: bool = False,
    faults: list[Fault] | None = None,
) -> Document[SolverParameter]:
    """Load a solver from a config file, with the nets that it names.

    Args:
        path: the file; searched in the working folder, then among the configs of the package. The nets are
            searched beside the solver first.
        overrides: ``-set`` arguments; a path that begins with ``net.`` (or ``train_net.``, ``test_net[0].``)
            applies to the net that the field names.
        lenient: drop unknown fields with a warning.
        faults: receives the faults, and the solver is returned without the faulty fields; None raises them.

    Raises:
        ConfigError: a file can't be read; or the solver or its nets have faults, and ``faults`` is None.
    """
    file = find_config(path)
    return parse_solver(
        read_source(file, _name_of(path, file), from_user=True),
        overrides,
        path=file,
        lenient=lenient,
        faults=faults,
    )


@paused()
def parse_net(
    text: str | Source,
    overrides: Sequence[str] = (),
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    path: Path | None = None,
    lenient: bool = False,
    faults: list[Fault] | None = None,
) -> Document[NetParameter]:
    """Parse the text of a net; otherwise like `load_net`.

    Args:
        text: the text.
        overrides: as for `load_net`.
        format: the format of the text; None detects it by ``path`` or by its look.
        path: the file of the text, if any.
        lenient: as for `load_net`.
        faults: as for `load_net`.
    """
    collected: list[Fault] = []
    root = read_tree(text, format, path, collected)
    _check_kind(root, "net")
    document = _net(root, path, _parsed(overrides), collected, lenient)
    _settle(collected, faults)
    return document


@paused()
def parse_solver(
    text: str | Source,
    overrides: Sequence[str] = (),
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    path: Path | None = None,
    lenient: bool = False,
    faults: list[Fault] | None = None,
    with_nets: bool = True,
) -> Document[SolverParameter]:
    """Parse the text of a solver; otherwise like `load_solver`.

    Args:
        text: the text.
        overrides: as for `load_solver`.
        format: the format of the text; None detects it by ``path`` or by its look.
        path: the file of the text, if any.
        lenient: as for `load_solver`.
        faults: as for `load_solver`.
        with_nets: load the nets that the solver names.
    """
    collected: list[Fault] = []
    root = read_tree(text, format, path, collected)
    _check_kind(root, "solver")
    changes = _parsed(overrides)
    own = [change for change in changes if not _is_for_net(change)]
    notes = _upgraded(root, own, upgrade_solver, collected)
    document = Document(SolverParameter(), root, path, notes=notes)
    _add_inline_nets(document)
    if with_nets:
        _add_net_files(document, collected)
    for change in changes:
        if _is_for_net(change):
            _override_nets(document, change, collected)
    bind(root, document.message, collected, document.warnings if lenient else None)
    for key, nets in document.nets.items():
        bound = getattr(document.message, key)  # an inline net is bound already, as a part of the solver
        inline = [bound] if isinstance(bound, NetParameter) else list(bound)
        for index, net in enumerate(nets):
            if key in _INLINE_NETS:
                net.message = inline[min(index, len(inline) - 1)]
            else:
                _bind_net(net, collected, lenient)
    _settle(collected, faults)
    return document


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


def _net(
    root: Node, path: Path | None, changes: list[Override], faults: list[Fault], lenient: bool
) -> Document[NetParameter]:
    inner = [c.inner if c.path[0].key == "net" and len(c.path) > 1 else c for c in changes]
    document = Document(NetParameter(), root, path, notes=_upgraded(root, inner, upgrade_net, faults))
    _bind_net(document, faults, lenient)
    return document


def _bind_net(document: Document[NetParameter], faults: list[Fault], lenient: bool) -> None:
    bind(document.root, document.message, faults, document.warnings if lenient else None)


def _upgraded(
    root: Node,
    changes: list[Override],
    upgrade: Callable[[Node, list[Fault]], list[str]],
    faults: list[Fault],
) -> list[str]:
    """Upgrade a tree and apply the overrides, which may use old or current fields; return the notes."""
    notes = upgrade(root, faults)
    for change in changes:
        change.apply(root, faults)
    return notes + [note for note in upgrade(root, faults) if note not in notes] if changes else notes


def _add_inline_nets(solver: Document[SolverParameter]) -> None:
    for key in _INLINE_NETS:
        nodes = [node for node in solver.root.all(key) if node.children is not None]
        if nodes:
            solver.nets[key] = [Document(NetParameter(), node, solver.path) for node in nodes]


def _add_net_files(solver: Document[SolverParameter], faults: list[Fault]) -> None:
    """Read and upgrade the net files that a solver names, without binding them."""
    folder = solver.path.parent if solver.path else None
    for key in _NET_FILES:
        nodes = solver.root.all(key)
        if len(nodes) > MAX_NETS:
            message = f"{len(nodes):,} of '{key}'; a solver has at most {MAX_NETS} nets"
            faults.append(Fault(message, nodes[MAX_NETS].value_origin))
        for node in nodes[:MAX_NETS]:
            if not node.text:
                continue
            try:
                path = find_config(node.text, folder)
                source = read_source(path)
            except ConfigError as error:
                faults += not_found(error, node.value_origin)
                continue
            net_faults: list[Fault] = []
            try:
                root = read_tree(source, None, path, net_faults)
            except ConfigError as error:
                faults += not_found(error, node.value_origin)
                continue
            _check_kind(root, "net")
            net = Document(NetParameter(), root, path, notes=_upgraded(root, [], upgrade_net, net_faults))
            faults += net_faults
            solver.nets.setdefault(key, []).append(net)


def _is_for_net(change: Override) -> bool:
    """Whether an override changes a field of a net that the solver names."""
    return change.path[0].key in _NET_FILES and len(change.path) > 1


def _override_nets(solver: Document[SolverParameter], change: Override, faults: list[Fault]) -> None:
    """Apply ``net.…`` to the nets of that field; to all nets if the solver has no field ``net``."""
    first = change.path[0]
    nets = solver.nets.get(first.key, [])
    if first.key == "net" and not nets:
        nets = [net for several in solver.nets.values() for net in several]
    if first.selector is not None:
        index = int(first.selector) if first.selector.isdecimal() else len(nets)
        nets = nets[index : index + 1]
    if not nets and not any(solver.root.all(key) for key in _NET_FILES):
        faults.append(Fault(f"the solver names no '{first.key}'", change.origin(first)))
    refused: list[list[Fault]] = []
    for net in nets:
        net_faults: list[Fault] = []
        net.notes += [
            n for n in _upgraded(net.root, [change.inner], upgrade_net, net_faults) if n not in net.notes
        ]
        refused.append(net_faults)
    if refused and all(refused):  # it may apply to only one of the nets
        faults += refused[0]


def _check_kind(root: Node, kind: str) -> None:
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


def _parsed(overrides: Iterable[str]) -> list[Override]:
    """Parse the ``-set`` arguments; all malformed ones are reported at once."""
    parsed: list[Override] = []
    faults: list[Fault] = []
    for argument in overrides:
        try:
            parsed.append(override.parse(argument))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)
    return parsed


def _settle(collected: list[Fault], faults: list[Fault] | None) -> None:
    """Raise the faults in the order of the text without duplicates, or add them to ``faults``."""
    ordered = in_text_order(collected)
    if faults is not None:
        faults += ordered
    elif ordered:
        raise ConfigError(ordered)


def _name_of(path: str | os.PathLike[str], file: Path) -> str | None:
    """The name of a file in messages: as the user wrote it; None if it was found in the package."""
    return os.fspath(path) if Path(path) == file else None
