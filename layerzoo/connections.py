"""The TCP connections of this process: notice that a machine is gone, and find the way to another one."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GONE = 60
"""Seconds without an answer of the other machine's system after which a connection is lost."""
_IDLE, _BETWEEN = 15, 5
"""Seconds without traffic until the other system is asked for a sign of life, and between two questions."""
_OPEN_FILES: Final = Path("/proc/self/fd")
_NAME: Final = 16
_GET_ADDRESS: Final = 0x8915
"""``SIOCGIFADDR`` of Linux."""
_SILENT: Final = ("Connection timed out", "No route to host", "Network is unreachable")
"""Signs of a connection that nobody has closed."""
_ADDRESS: Final = re.compile(r"\[([0-9A-Fa-f.:]*[0-9A-Fa-f])\]:\d+")


def keep_alive() -> int:
    """Let each connection of now be lost once the other machine has not answered for `GONE` seconds.

    The systems ask each other, so that a process that is busy or suspended is not taken for a lost one. Also
    of connections that libraries have opened; nothing is done where the system doesn't list open files.

    Returns:
        their number.
    """
    count = 0
    for connection in _connections():
        with closing(connection), suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _BETWEEN)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, (GONE - _IDLE) // _BETWEEN)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * GONE)
            count += 1
    return count


def _connections() -> Iterator[socket.socket]:
    """Copies of this process's connected TCP sockets."""
    try:
        found = [int(each.name) for each in _OPEN_FILES.iterdir()]
    except OSError:
        return
    for descriptor in found:
        try:
            if not str((_OPEN_FILES / str(descriptor)).readlink()).startswith("socket:"):
                continue
            copy = socket.socket(fileno=os.dup(descriptor))
        except OSError:
            continue  # closed meanwhile
        try:
            if copy.family not in {socket.AF_INET, socket.AF_INET6} or copy.type != socket.SOCK_STREAM:
                raise OSError
            copy.getpeername()
        except OSError:
            copy.close()
            continue
        yield copy


def own_address(host: str) -> str | None:
    """The address from which this machine reaches another one; None if it can't."""
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as way:
            way.connect(place)  # sends nothing
            return str(way.getsockname()[0])
    except OSError:
        return None


def is_own(host: str) -> bool:
    """Whether an address, or a name of it, is one of this machine: the way to it begins where it ends."""
    try:
        return socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0][4][0] == own_address(host)
    except OSError:
        return False


def interface(address: str) -> str | None:
    """The name of the network interface that has an IPv4 address; None if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            asked = struct.pack("256s", name.encode()[: _NAME - 1])
            with suppress(OSError):
                given = fcntl.ioctl(any_socket.fileno(), _GET_ADDRESS, asked)
                if socket.inet_ntoa(given[_NAME + 4 : _NAME + 8]) == address:
                    return name
    return None


def hides_itself() -> bool:
    """Whether the name of this machine gives an address that no other machine can reach."""
    try:
        return socket.gethostbyname(socket.gethostname()).startswith("127.")
    except OSError:
        return True


def own_addresses() -> list[str]:
    """The addresses at which the connections of this process end here."""
    found = set()
    for connection in _connections():
        with closing(connection):
            found.add(str(connection.getsockname()[0]))
    return sorted(found)


@dataclass(frozen=True)
class Peer:
    """Where a process runs.

    Attributes:
        machine: the name of its machine.
        addresses: of its connections.
    """

    machine: str
    addresses: Sequence[str]


def lost_connection(text: str, peers: Sequence[Peer]) -> str | None:
    """What an error of a connection says of a machine that doesn't answer; None if the connection was closed.

    Args:
        text: the message of torch's error.
        peers: the processes, by number; empty if all run on one machine.
    """
    if not any(sign in text for sign in _SILENT):
        return None
    found = _ADDRESS.search(text)
    address = found.group(1) if found else "another machine"
    ranks = [rank for rank, peer in enumerate(peers) if address in peer.addresses]
    who = address
    if ranks:
        shown = f"process {ranks[0]}" if len(ranks) == 1 else f"processes {ranks[0]} to {ranks[-1]}"
        who = f"machine {peers[ranks[0]].machine} ({address}; {shown} of {len(peers)})"
    return (
        f"the connection to {who} is lost: nothing has come from there for {GONE} s; the network is down, or "
        "the machine is off"
    )
