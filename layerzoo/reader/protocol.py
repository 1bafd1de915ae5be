"""Messages between a process and its readers: a header in JSON, and parts of raw bytes.

Nothing in a message can run code, and both sides check it: a reader may be under the control of whoever made
the file that it reads. A message is ``LZR1``, the sizes of header and parts, the header, the parts.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

_FRAME = struct.Struct("<4sIQ")
_MAGIC = b"LZR1"
_MAX_HEAD = 1 << 24
_MAX_PARTS = 1 << 20
_FIRST_BUFFER = 1 << 24
_NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)  # a reader that is gone must not kill its parent

Part = bytes | bytearray | memoryview


class ProtocolError(Exception):
    """The other side sent something that is not a message, or more than was allowed."""


class Message(NamedTuple):
    """A message.

    Attributes:
        head: values of JSON by name.
        parts: the raw bytes.
    """

    head: dict[str, Any]
    parts: list[memoryview]


class Channel:
    """Sends and receives messages over a socket.

    Args:
        connection: one end of a pair of stream sockets.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def send(self, head: dict[str, Any], parts: Sequence[Part] = (), deadline: float | None = None) -> None:
        """Send a message.

        Args:
            head: values that JSON can hold.
            parts: raw bytes.
            deadline: time of `time.monotonic` at which to give up.

        Raises:
            TimeoutError: the deadline has passed.
            OSError: the other side is gone.
        """
        sizes = [len(part) for part in parts]
        text = json.dumps({**head, "parts": sizes} if parts else head).encode()
        frame = _FRAME.pack(_MAGIC, len(text), sum(sizes))
        self._socket.settimeout(_left(deadline))
        self._socket.sendall(b"".join([frame, text, *parts]), _NO_SIGNAL)

    def receive(self, limit: int, deadline: float | None = None) -> Message:
        """Receive a message.

        Args:
            limit: the most bytes that its parts may have.
            deadline: time of `time.monotonic` at which to give up.

        Raises:
            ProtocolError: the other side sent something else.
            TimeoutError: the deadline has passed.
            EOFError: the other side is gone.
            OSError: the connection failed.
        """
        magic, head_size, size = _FRAME.unpack(self._bytes(_FRAME.size, deadline))
        if magic != _MAGIC:
            raise ProtocolError("not a message")
        if head_size > _MAX_HEAD or size > limit:
            raise ProtocolError(f"a message of {head_size + size:,} bytes")
        head = _parsed(self._bytes(head_size, deadline))
        sizes = _sizes(head.pop("parts", []), size)
        data = memoryview(self._bytes(size, deadline))
        parts, at = [], 0
        for one in sizes:
            parts.append(data[at : at + one])
            at += one
        return Message(head, parts)

    def _bytes(self, size: int, deadline: float | None) -> bytearray:
        """Receive exactly ``size`` bytes; memory grows with what has arrived, not with what was declared."""
        buffer, done = bytearray(min(size, _FIRST_BUFFER)), 0
        while done < size:
            if done == len(buffer):
                buffer.extend(bytes(min(size - done, done)))
            self._socket.settimeout(_left(deadline))
            with memoryview(buffer)[done:] as rest:
                received = self._socket.recv_into(rest)
            if not received:
                raise EOFError
            done += received
        return buffer


def _left(deadline: float | None) -> float | None:
    """Seconds until a deadline, as a socket's timeout."""
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _parsed(text: bytes | bytearray) -> dict[str, Any]:
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("a header that is not JSON") from None
    if not isinstance(head, dict):
        raise ProtocolError("a header that is not an object")
    return head


def _sizes(sizes: object, total: int) -> list[int]:
    if (
        not isinstance(sizes, list)
        or len(sizes) > _MAX_PARTS
        or not all(type(size) is int and size >= 0 for size in sizes)
        or sum(sizes) != total
    ):
        raise ProtocolError("parts whose sizes don't add up")
    return sizes
