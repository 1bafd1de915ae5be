"""Sockets whose peer has a limited time and a limited number of bytes for each phase of an exchange.

The timeout of a socket of the standard library starts anew with each byte that arrives, so a peer that sends
one byte now and then can hold a request for ever. Here the time that is left is set before each receive.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Any, ClassVar, Final

_MAX_ADDRESSES: Final = 16


class TooLongError(ConnectionError):
    """A peer sends more than it may."""


class Allowance:
    """The time and the number of bytes that a peer may take until the next `grant`."""

    def __init__(self, seconds: float, count: int) -> None:
        self.grant(seconds, count)

    def grant(self, seconds: float, count: int) -> None:
        """Allow a number of seconds and bytes from now on."""
        self._until, self._seconds, self._count = time.monotonic() + seconds, seconds, count

    def left(self) -> float:
        """The seconds left.

        Raises:
            TimeoutError: none are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no complete answer within {self._seconds:g} seconds")
        return left

    def take(self, count: int) -> None:
        """Count received bytes.

        Raises:
            TooLongError: they are more than allowed.
        """
        self._count -= count
        if self._count < 0:
            raise TooLongError("headers, or the framing of the body, are too long")


class LimitedSocket(socket.socket):
    """A TCP socket with an `Allowance`."""

    allowance: Allowance

    def recv_into(self, *args: Any, **options: Any) -> int:
        """Receive within the allowance."""
        self.settimeout(self.allowance.left())
        count = super().recv_into(*args, **options)
        self.allowance.take(count)
        return count

    def sendall(self, *args: Any, **options: Any) -> None:
        """Send within the allowance; its timeout covers the whole call."""
        self.settimeout(self.allowance.left())
        super().sendall(*args, **options)


class LimitedTLSSocket(ssl.SSLSocket):
    """A TLS socket with an `Allowance`; a context makes its sockets of this class or a subclass."""

    allowance: ClassVar[Allowance]

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands within the allowance; the timeout covers the whole call."""
        self.settimeout(self.allowance.left())
        super().do_handshake(block)

    def recv_into(self, *args: Any, **options: Any) -> int:
        """Receive within the allowance; the timeout covers the whole record."""
        self.settimeout(self.allowance.left())
        count = super().recv_into(*args, **options)
        self.allowance.take(count)
        return count

    def sendall(self, *args: Any, **options: Any) -> None:
        """Send within the allowance."""
        self.settimeout(self.allowance.left())
        super().sendall(*args, **options)


def tls_context(allowance: Allowance) -> ssl.SSLContext:
    """A context that verifies certificates and makes sockets with an allowance."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = type("LimitedTLSSocket", (LimitedTLSSocket,), {"allowance": allowance})
    return context


def dial(host: str, port: int, allowance: Allowance) -> LimitedSocket:
    """Connect to a host, trying its addresses in turn.

    Raises:
        OSError: the name can't be resolved, or no address answers in time.
    """
    addresses = _resolve(host, port, allowance)[:_MAX_ADDRESSES]
    fault: OSError = OSError(f"{host} has no address")
    for index, (family, kind, protocol, _, address) in enumerate(addresses):
        connection = LimitedSocket(family, kind, protocol)
        connection.allowance = allowance
        try:
            connection.settimeout(allowance.left() / (len(addresses) - index))
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            fault = error
        else:
            return connection
    raise fault


def _resolve(host: str, port: int, allowance: Allowance) -> list[Any]:
    """The addresses of a host; the system's resolver has no timeout, so it runs in a thread."""
    found: list[Any] = []
    faults: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:  # a name that is no valid host raises UnicodeError
            faults.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(allowance.left())
    if thread.is_alive():
        raise TimeoutError(f"the name {host} was not resolved in time")
    if faults:
        raise OSError(getattr(faults[0], "strerror", None) or str(faults[0]))
    return found
