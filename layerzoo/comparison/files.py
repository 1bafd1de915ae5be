"""Read two configs, text or binary, and compare them; the nets of solvers too."""

from __future__ import annotations

import os
from typing import Final, cast

from layerzoo.comparison.changes import Change, changes_of
from layerzoo.comparison.nets import net_changes
from layerzoo.errors import ConfigError, Fault, UsageError
from layerzoo.loader import Document, find_config, parse_net, parse_solver
from layerzoo.loader.files import read_source
from layerzoo.loader.read_tree import is_solver
from layerzoo.loader.upgrade import is_binary, read_binary
from layerzoo.nodes import Node
from layerzoo.regular_file import read_bytes
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.source import Source

Config = Document[NetParameter] | Document[SolverParameter]

_NETS: Final = ("net", "train_net", "test_net", "net_param", "train_net_param", "test_net_param")
_ROLES: Final = {key: key.removesuffix("_param") for key in _NETS}


def compare(
    old: str | os.PathLike[str],
    new: str | os.PathLike[str],
    *,
    with_nets: bool = True,
    lenient: bool = False,
) -> list[Change]:
    """The differences of two nets, or of two solvers with their nets.

    Args:
        old, new: the files: prototxt, YAML or binary, of any of Caffe's formats.
        with_nets: compare the nets that solvers name too; without, a net of another name is a difference.
        lenient: leave unknown fields out.

    Raises:
        ConfigError: a file can't be read, or has faults.
        UsageError: one is a net, the other a solver.
    """
    first, second = (_read(path, with_nets, lenient) for path in (old, new))
    if isinstance(first.message, NetParameter) != isinstance(second.message, NetParameter):
        kinds = ["a net" if isinstance(one.message, NetParameter) else "a solver" for one in (first, second)]
        raise UsageError(f"{old} is {kinds[0]}, but {new} is {kinds[1]}")
    if isinstance(first.message, NetParameter):
        nets = cast("tuple[Document[NetParameter], Document[NetParameter]]", (first, second))
        return net_changes(*nets)
    solvers = cast("tuple[Document[SolverParameter], Document[SolverParameter]]", (first, second))
    return _solver_changes(*solvers, with_nets)


def _solver_changes(
    old: Document[SolverParameter], new: Document[SolverParameter], with_nets: bool
) -> list[Change]:
    if not with_nets:
        return list(changes_of(old.message, new.message))
    changes = list(changes_of(old.message, new.message, skip=_NETS))
    ours, theirs = _nets(old), _nets(new)
    for role in dict.fromkeys([*ours, *theirs]):
        if role not in ours:
            changes.append(Change("added", role, None, _name(theirs[role])))
        elif role not in theirs:
            changes.append(Change("removed", role, _name(ours[role]), None))
        else:
            changes += net_changes(ours[role], theirs[role], role)
    return changes


def _nets(solver: Document[SolverParameter]) -> dict[str, Document[NetParameter]]:
    """The nets of a solver by what they are for: ``net``, ``train_net``, ``test_net[0]`` …"""
    nets: dict[str, list[Document[NetParameter]]] = {}
    for key, documents in solver.nets.items():
        nets.setdefault(_ROLES[key], []).extend(documents)
    return {
        role if len(documents) == 1 and role != "test_net" else f"{role}[{index}]": document
        for role, documents in nets.items()
        for index, document in enumerate(documents)
    }


def _name(net: Document[NetParameter]) -> str:
    return str(net.path) if net.path is not None else net.message.name


def _read(path: str | os.PathLike[str], with_nets: bool, lenient: bool) -> Config:
    file = find_config(path)
    try:
        data = read_bytes(file)
    except OSError as error:
        raise ConfigError(Fault(f"{path} can't be read: {error.strerror or error}")) from None
    if is_binary(data):
        message, _, _ = read_binary(data, os.fspath(path), with_blobs=False)
        root = Node("", None, [], Source(os.fspath(path), ""))
        return Document(cast(NetParameter, message), root)
    source = read_source(file, os.fspath(path), from_user=True)
    if is_solver(source):
        return parse_solver(source, path=file, lenient=lenient, with_nets=with_nets)
    return parse_net(source, path=file, lenient=lenient)
