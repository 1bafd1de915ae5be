"""A file in one of Caffe's old formats → a file of today's, text or binary."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.declared import refuse_declared
from layerzoo.errors import ConfigError, Fault, LayerzooError
from layerzoo.legacy import binary, upgrade_net, upgrade_solver
from layerzoo.loader.binder import bind
from layerzoo.loader.convert import parse_either
from layerzoo.loader.emit import emit
from layerzoo.loader.files import format_of, read_source
from layerzoo.nodes import Node
from layerzoo.schema import NetParameter, SolverParameter

_SNIFFED = 8192
_IN_TEXT = frozenset(b"\t\n\v\f\r")
_BINARY_SUFFIXES = (".caffemodel", ".binaryproto", ".pb")
_TEXT_SUFFIXES = (".prototxt", ".pbtxt", ".txt", ".yaml", ".yml")


@dataclass(frozen=True)
class Upgraded:
    """What became of a file.

    Attributes:
        notes: what was upgraded, a short line each; empty where the file is one of today's.
        backup: where the old content is kept; None where no file was overwritten by its own upgrade.
        without_blobs: how many blobs of a binary net a text has no room for.
    """

    notes: list[str]
    backup: Path | None = None
    without_blobs: int = 0


def upgrade_file(source: str | os.PathLike[str], target: str | os.PathLike[str] | None = None) -> Upgraded:
    """Write a net or solver, text or binary, in today's format.

    A file of today's is copied as it is, its comments and all; of one that is upgraded the comments are lost.

    Args:
        source: the file.
        target: where to; None for in place. A suffix of text or of binary messages chooses between them, any
            other leaves the kind as it is.

    Raises:
        ConfigError: the file is no config, or has faults.
        LayerzooError: the target can't be written.
    """
    old = Path(source).expanduser()
    new = Path(target).expanduser() if target is not None else old
    try:
        data = old.read_bytes()
    except OSError as error:
        raise ConfigError(Fault(f"{old} can't be read: {error.strerror or error}")) from None
    was_binary = _is_binary(data)
    to_binary = _chosen(new, was_binary)
    blobs = 0
    message: Message
    if was_binary:
        message, notes, blobs = _upgrade_binary(data, str(source), with_blobs=to_binary)
    else:
        document = parse_either(read_source(old, str(source)), path=old)
        message, notes = document.message, document.notes
    if to_binary:
        refuse_declared(message, new)
    same = not notes and was_binary == to_binary and (to_binary or _same_format(old, new))
    if same and _is_same(old, new):
        return Upgraded(notes)
    try:
        backup = _back_up(old) if _is_same(old, new) else None
        if same:
            write_atomic(new, data)
        else:
            write_atomic(new, message.SerializeToString() if to_binary else emit(message, format_of(new, "")))
    except OSError as error:
        raise LayerzooError(f"{error.filename or new} can't be written: {error.strerror or error}") from None
    return Upgraded(notes, backup, blobs)


def _upgrade_binary(data: bytes, name: str, *, with_blobs: bool) -> tuple[Message, list[str], int]:
    """The upgraded message, what was done, and how many blobs were left out."""
    net = binary.read_net(data, name)
    if not net.root.first("layers") and not net.root.first("layer"):
        root = binary.read_solver(data, name)
        done = upgrade_solver(root)
        return _bound(root, SolverParameter()), done, 0
    done = upgrade_net(net.root)
    message = NetParameter()
    _bound(net.root, message)
    if with_blobs:
        net.restore_blobs(message)
        return message, done, 0
    return message, done, sum(len(blobs) for _, blobs in net.blobs)


def _bound(root: Node, message: Message) -> Message:
    faults: list[Fault] = []
    bind(root, message, faults)
    if faults:
        raise ConfigError(faults)
    return message


def _is_binary(data: bytes) -> bool:
    return any(byte < ord(" ") and byte not in _IN_TEXT for byte in data[:_SNIFFED])


def _chosen(target: Path, was_binary: bool) -> bool:
    """Whether a binary file is asked for."""
    suffix = target.suffix.lower()
    return suffix in _BINARY_SUFFIXES or (was_binary and suffix not in _TEXT_SUFFIXES)


def _same_format(old: Path, new: Path) -> bool:
    return format_of(old, "") == format_of(new, "")


def _is_same(old: Path, new: Path) -> bool:
    return new.exists() and old.samefile(new)


def _back_up(path: Path) -> Path:
    """Copy a file to a name beside it that is free: ``net.prototxt.bak``, ``net.prototxt.bak2`` …"""
    count = 1
    while (backup := path.with_name(f"{path.name}.bak{count if count > 1 else ''}")).exists():
        count += 1
    with atomic_path(backup) as temporary:
        shutil.copy2(path, temporary)
    return backup
