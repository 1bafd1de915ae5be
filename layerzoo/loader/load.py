"""Load a config file or text: read, upgrade, override and bind it, with the nets that a solver names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from layerzoo.binding import bind
from layerzoo.collector import paused
from layerzoo.errors import ConfigError, Fault, in_text_order
from layerzoo.loader.document import Document
from layerzoo.loader.files import Format, find_config, not_found, read_source
from layerzoo.loader.prepare import (
    INLINE_NETS,
    NET,
    NET_FILES,
    SOLVER,
    apply,
    begin,
    expand,
    is_early,
    parsed,
    prepare,
)
from layerzoo.loader.read_tree import check_kind, read_tree
from layerzoo.nodes.override import Override
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.source import Source

MAX_NETS: Final = 100
"""The largest number of nets of a solver."""


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
    check_kind(root, "net")
    document = Document(NetParameter(), root, path)
    changes = parsed(overrides)
    inner = [c.inner if c.path[0].key == "net" and len(c.path) > 1 else c for c in changes]
    prepare(document, inner, NET, collected)
    _bind_net(document, collected, lenient)
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
    check_kind(root, "solver")
    changes = parsed(overrides)
    document = Document(SolverParameter(), root, path)
    prepare(document, [change for change in changes if not _is_for_net(change)], SOLVER, collected)
    _add_inline_nets(document)
    if with_nets:
        _add_net_files(document, collected)
    for_nets = [change for change in changes if _is_for_net(change)]
    _override_nets(document, [change for change in for_nets if is_early(change)], collected)
    for key in NET_FILES:
        for net in document.nets.get(key, ()):
            expand(net, NET, collected)
    _override_nets(document, [change for change in for_nets if not is_early(change)], collected)
    bind(root, document.message, collected, document.warnings if lenient else None)
    for key, nets in document.nets.items():
        bound = getattr(document.message, key)  # an inline net is bound already, as a part of the solver
        inline = [bound] if isinstance(bound, NetParameter) else list(bound)
        for index, net in enumerate(nets):
            if key in INLINE_NETS:
                net.message = inline[min(index, len(inline) - 1)]
            else:
                _bind_net(net, collected, lenient)
    _settle(collected, faults)
    return document


def _bind_net(document: Document[NetParameter], faults: list[Fault], lenient: bool) -> None:
    bind(document.root, document.message, faults, document.warnings if lenient else None)


def _add_inline_nets(solver: Document[SolverParameter]) -> None:
    for key in INLINE_NETS:
        nodes = [node for node in solver.root.all(key) if node.children is not None]
        if nodes:
            solver.nets[key] = [Document(NetParameter(), node, solver.path) for node in nodes]


def _add_net_files(solver: Document[SolverParameter], faults: list[Fault]) -> None:
    """Read and upgrade the net files that a solver names, without binding them."""
    folder = solver.path.parent if solver.path else None
    for key in NET_FILES:
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
            check_kind(root, "net")
            net = Document(NetParameter(), root, path)
            begin(net, NET, net_faults)
            faults += net_faults
            solver.nets.setdefault(key, []).append(net)


def _is_for_net(change: Override) -> bool:
    """Whether an override changes a field of a net that the solver names."""
    return change.path[0].key in NET_FILES and len(change.path) > 1


def _override_nets(
    solver: Document[SolverParameter], changes: Sequence[Override], faults: list[Fault]
) -> None:
    """Apply ``net.…`` to the nets of that field; to all nets if the solver has no field ``net``."""
    for change in changes:
        first = change.path[0]
        nets = solver.nets.get(first.key, [])
        if first.key == "net" and not nets:
            nets = [net for several in solver.nets.values() for net in several]
        if first.selector is not None:
            index = int(first.selector) if first.selector.isdecimal() else len(nets)
            nets = nets[index : index + 1]
        if not nets and not any(solver.root.all(key) for key in NET_FILES):
            faults.append(Fault(f"the solver names no '{first.key}'", change.origin(first)))
        refused: list[list[Fault]] = []
        for net in nets:
            net_faults: list[Fault] = []
            apply(net, change.inner, NET, net_faults)
            refused.append(net_faults)
        if refused and all(refused):  # it may apply to only one of the nets
            faults += refused[0]


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
