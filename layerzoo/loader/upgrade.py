"""Upgrade files from Caffe's old formats to the current one, as text or binary."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.binding import bind
from layerzoo.declared import refuse_declared
from layerzoo.errors import ConfigError, Fault, LayerzooError
from layerzoo.legacy import binary, upgrade_net, upgrade_solver
from layerzoo.loader.convert import parse_either
from layerzoo.loader.emit import emit
from layerzoo.loader.files import format_of, read_source
from layerzoo.nodes import Node
from layerzoo.regular_file import read_bytes
from layerzoo.schema import NetParameter, SolverParameter

_SNIFFED = 8192
_IN_TEXT = frozenset(b"\t\n\v\f\r")
_BINARY_SUFFIXES = (".caffemodel", ".binaryproto", ".pb")
_TEXT_SUFFIXES = (".prototxt", ".pbtxt", ".txt", ".yaml", ".yml")


@dataclass(frozen=True)
class Upgraded:
    """The result of upgrading a file.

    Attributes:
        notes: a short line for each kind of upgrade; empty if the file was in the current format.
        backup: the file with the old content; None unless the file was upgraded in place.
        without_blobs: number of blobs of a binary net that were left out of a text.
    """

    notes: list[str]
    backup: Path | None = None
    without_blobs: int = 0


def upgrade_file(source: str | os.PathLike[str], target: str | os.PathLike[str] | None = None) -> Upgraded:
    """Upgrade a net or solver, text or binary, to the current format.

    A file in the current format is copied unchanged, with its comments; an upgrade loses the
    comments, and makes plain layers of blocks.

    Args:
        source: the file.
        target: the file to write; None upgrades in place. Its suffix selects text or binary; any other suffix
            keeps the kind of the source.

    Raises:
        ConfigError: the file is not a config, or has faults.
        LayerzooError: the target can't be written.
    """
    old = Path(source).expanduser()
    new = Path(target).expanduser() if target is not None else old
    try:
        data = read_bytes(old)
    except OSError as error:
        raise ConfigError(Fault(f"{old} can't be read: {error.strerror or error}")) from None
    was_binary = is_binary(data)
    to_binary = _chosen(new, was_binary)
    blobs = 0
    message: Message
    if was_binary:
        message, notes, blobs = read_binary(data, str(source), with_blobs=to_binary)
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


def read_binary(data: bytes, name: str, *, with_blobs: bool) -> tuple[Message, list[str], int]:
    """Read and upgrade a binary net or solver; return it, the notes, and the number of blobs left out."""
    try:
        net = binary.read_net(data, name)
    except ConfigError:
        try:
            return _read_solver(data, name)
        except ConfigError:
            pass
        raise
    if not net.root.first("layers") and not net.root.first("layer"):
        return _read_solver(data, name)
    done = upgrade_net(net.root)
    message = NetParameter()
    _bound(net.root, message)
    if with_blobs:
        net.restore_blobs(message)
        return message, done, 0
    return message, done, sum(len(blobs) for _, blobs in net.blobs)


def _read_solver(data: bytes, name: str) -> tuple[Message, list[str], int]:
    root = binary.read_solver(data, name)
    done = upgrade_solver(root)
    return _bound(root, SolverParameter()), done, 0


def _bound(root: Node, message: Message) -> Message:
    faults: list[Fault] = []
    bind(root, message, faults)
    if faults:
        raise ConfigError(faults)
    return message


def is_binary(data: bytes) -> bool:
    """Whether the content of a file is a binary message rather than text."""
    return any(byte < ord(" ") and byte not in _IN_TEXT for byte in data[:_SNIFFED])


def _chosen(target: Path, was_binary: bool) -> bool:
    """Whether to write a binary file."""
    suffix = target.suffix.lower()
    return suffix in _BINARY_SUFFIXES or (was_binary and suffix not in _TEXT_SUFFIXES)


def _same_format(old: Path, new: Path) -> bool:
    return format_of(old, "") == format_of(new, "")


def _is_same(old: Path, new: Path) -> bool:
    return new.exists() and old.samefile(new)


def _back_up(path: Path) -> Path:
    """Copy a file to an unused name beside it: ``net.prototxt.bak``, ``net.prototxt.bak2`` …"""
    count = 1
    while (backup := path.with_name(f"{path.name}.bak{count if count > 1 else ''}")).exists():
        count += 1
    with atomic_path(backup) as temporary:
        shutil.copy2(path, temporary)
    return backup
