"""A config file or text → a `Document`: read, upgraded, overridden, bound, with the nets that it names."""

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
        message: what it says; ``message.layer[i]`` is bound from ``root.all("layer")[i]``.
        root: its node tree, after upgrades and overrides.
        path: the file; None for a text. Of a net written inside a solver, the solver's.
        warnings: what was left out in lenient loading.
        notes: what was upgraded, a short line each.
        nets: of a solver, the nets it names, loaded, by the field that names them (``net``, ``train_net``,
            ``test_net``, ``net_param``, ``train_net_param``, ``test_net_param``).
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
    """The net of a config file.

    Args:
        path: the file; looked for in the working folder, then among the configs of the package.
        overrides: ``-set`` arguments, such as ``layer[conv1].convolution_param.num_output=32``; they may
            begin with ``net.`` as for a solver.
        lenient: unknown fields are left out with a warning.
        faults: where given, faults are added here and what could be bound is returned.

    Raises:
        ConfigError: all faults of the config, unless ``faults`` takes them; a file that can't be read.
    """
    found = find_config(path)
    return parse_net(
        read_source(found, _said(path, found)), overrides, path=found, lenient=lenient, faults=faults
    )


def load_solver(
    path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    *,
    lenient: bool = False,
    faults: list[Fault] | None = None,
) -> Document[SolverParameter]:
    """The solver of a config file, with the nets it names, found beside it or in the working folder.

    Args:
        path: the file; looked for in the working folder, then among the configs of the package.
        overrides: ``-set`` arguments; a path that begins with ``net.`` (or ``train_net.``, ``test_net[0].``)
            goes on inside the file which that field names.
        lenient: unknown fields are left out with a warning.
        faults: where given, faults are added here and what could be bound is returned.

    Raises:
        ConfigError: all faults of the solver and its nets, unless ``faults`` takes them; a file that can't
            be read.
    """
    found = find_config(path)
    return parse_solver(
        read_source(found, _said(path, found)), overrides, path=found, lenient=lenient, faults=faults
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
    """The net that a text says; as `load_net`.

    Args:
        format: of the text; None tells it by ``path`` or by its look.
        path: the file that it stands for, if any.
    """
    found: list[Fault] = []
    root = read_tree(text, format, path, found)
    _right_kind(root, found, "net")
    document = _net(root, path, _parsed(overrides), found, lenient)
    _settle(found, faults)
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
    """The solver that a text says; as `load_solver`.

    Args:
        format: of the text; None tells it by ``path`` or by its look.
        path: the file that it stands for, if any.
        with_nets: whether to load the nets it names.
    """
    found: list[Fault] = []
    root = read_tree(text, format, path, found)
    _right_kind(root, found, "solver")
    changes = _parsed(overrides)
    own = [change for change in changes if not _goes_into_net(change)]
    notes = _upgraded(root, own, upgrade_solver, found)
    document = Document(SolverParameter(), root, path, notes=notes)
    _add_inline_nets(document)
    if with_nets:
        _add_net_files(document, found, lenient)
    for change in changes:
        if _goes_into_net(change):
            _override_nets(document, change, found)
    bind(root, document.message, found, document.warnings if lenient else None)
    for key, nets in document.nets.items():
        bound = getattr(document.message, key)  # of an inline net: already, as a part of the solver
        inline = [bound] if isinstance(bound, NetParameter) else list(bound)
        for index, net in enumerate(nets):
            if key in _INLINE_NETS:
                net.message = inline[min(index, len(inline) - 1)]
            else:
                _bind_net(net, found, lenient)
    _settle(found, faults)
    return document


def read_tree(text: str | Source, format: Format | None, path: Path | None, faults: list[Fault]) -> Node:  # noqa: A002
    """The node tree of a text, not yet upgraded; faults of its syntax are added to ``faults``."""
    if isinstance(text, str):
        chosen = format or format_of(path, text)
        if len(text) > MAX_BYTES:
            raise ConfigError(f"a text of {len(text):,} characters; a config has at most {MAX_BYTES:,}")
        text = Source(str(path or f"<{chosen}>"), text.removeprefix("\ufeff"), chosen == "yaml")
    elif format:
        text = Source(text.name, text.text, format == "yaml")
    found: list[Fault] = []
    if text.bare_strings:
        from layerzoo.nodes import yaml  # late: a prototxt needs no YAML parser

        root = yaml.read(text, found)
    else:
        root = prototxt.read(text, found)
    if found:
        read_as: Format = "yaml" if text.bare_strings else "prototxt"
        look = looks_like(text.text)
        if look not in {None, read_as}:
            message = f"this looks like {_CALLED[look or read_as]}, but was read as {_CALLED[read_as]}"
            raise ConfigError(Fault(message, Origin(text, 0), f"name it .{look}"))
    elif not root.children:
        raise ConfigError(f"{text.name}: empty but for comments; expected a config")
    faults += found
    return root


def is_solver(source: Source) -> bool:
    """Whether a text is a solver rather than a net, by its fields."""
    keys = {child.key for child in read_tree(source, None, None, []).children or ()}
    return len(keys & _SOLVER_KEYS) > len(keys & _NET_KEYS)


def is_label_map(source: Source | Node) -> bool:
    """Whether a text is the names of classes that SSD reads: ``item { name label display_name }``."""
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
    """Make the tree one of today's format and apply the overrides, which may speak of either."""
    notes = upgrade(root, faults)
    for change in changes:
        change.apply(root, faults)
    return notes + [note for note in upgrade(root, faults) if note not in notes] if changes else notes


def _add_inline_nets(solver: Document[SolverParameter]) -> None:
    for key in _INLINE_NETS:
        nodes = [node for node in solver.root.all(key) if node.children is not None]
        if nodes:
            solver.nets[key] = [Document(NetParameter(), node, solver.path) for node in nodes]


def _add_net_files(solver: Document[SolverParameter], faults: list[Fault], lenient: bool) -> None:
    """Read and upgrade the net files that a solver names; they are bound later."""
    folder = solver.path.parent if solver.path else None
    for key in _NET_FILES:
        for node in solver.root.all(key):
            if not node.text:
                continue
            try:
                path = find_config(node.text, folder)
                source = read_source(path)
            except ConfigError as error:
                faults += not_found(error, node.value_origin)
                continue
            found: list[Fault] = []
            try:
                root = read_tree(source, None, path, found)
            except ConfigError as error:
                faults += not_found(error, node.value_origin)
                continue
            _right_kind(root, found, "net")
            net = Document(NetParameter(), root, path, notes=_upgraded(root, [], upgrade_net, found))
            faults += found
            solver.nets.setdefault(key, []).append(net)


def _goes_into_net(change: Override) -> bool:
    return change.path[0].key in _NET_FILES and len(change.path) > 1


def _override_nets(solver: Document[SolverParameter], change: Override, faults: list[Fault]) -> None:
    """Apply ``net.…`` to the nets it means: all of them where the solver has no field ``net`` itself."""
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
        found: list[Fault] = []
        net.notes += [
            n for n in _upgraded(net.root, [change.inner], upgrade_net, found) if n not in net.notes
        ]
        refused.append(found)
    if refused and all(refused):  # a layer may stand in one of the nets only
        faults += refused[0]


def _right_kind(root: Node, faults: list[Fault], kind: str) -> None:
    """Raise where a net was given for a solver, or the other way round."""
    keys = {child.key for child in root.children or ()}
    if is_label_map(root):
        origin = root.children[0].origin if root.children else None
        raise ConfigError([Fault(f"this is a label map, not a {kind}", origin, "it names classes")])
    other, own = (_SOLVER_KEYS, _NET_KEYS) if kind == "net" else (_NET_KEYS, _SOLVER_KEYS)
    if keys & other and not keys & own:
        if kind == "net":
            node = root.first("net") or root.first("train_net")
            hint = f"its net is '{node.text}'" if node is not None else "give it with -solver"
            what = "a solver, not a net"
        else:
            what, hint = "a net, not a solver", "a solver names a net with 'net' and says how to train it"
        node = root.first("layer") or root.first("layers") or root.first("net")
        origin = (node or next(child for child in root.children or () if child.key in other)).origin
        raise ConfigError([Fault(f"this is {what}", origin, hint)])


def _parsed(overrides: Iterable[str]) -> list[Override]:
    """The ``-set`` arguments, taken apart; all that are malformed are told at once."""
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


def _settle(found: list[Fault], faults: list[Fault] | None) -> None:
    """Raise the faults in the order of their texts, each once, or hand them to the caller."""
    ordered = in_text_order(found)
    if faults is not None:
        faults += ordered
    elif ordered:
        raise ConfigError(ordered)


def _said(path: str | os.PathLike[str], found: Path) -> str | None:
    """What messages call a file: what the user called it, unless it is not there but in the package."""
    return os.fspath(path) if Path(path) == found else None
