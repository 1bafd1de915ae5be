"""A server that follows a script: bytes to send, and pauses."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[str], Iterable[bytes | float]]
"""Takes the head of a request; yields what to send: bytes, or seconds to wait."""

TICK = 0.02


@contextmanager
def scripted(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """Run a script for each connection; yields the URL, and the heads of all requests so far."""
    heads: list[str] = []
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            peer = connection if tls is None else tls.wrap_socket(connection, server_side=True)
            with peer:
                talk(peer)

    def talk(peer: socket.socket) -> None:
        peer.settimeout(10)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            got = peer.recv(1)
            if not got:
                return
            head += got
        heads.append(head.decode("latin-1"))
        for step in script(heads[-1]):
            if ended.is_set():
                return
            if isinstance(step, bytes):
                peer.sendall(step)
            else:
                ended.wait(step)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
            yield f"{scheme}://{host}:{listener.getsockname()[1]}", heads
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)


def slowly(text: bytes, tick: float = TICK) -> Iterator[bytes | float]:
    """A text byte by byte, with pauses."""
    for byte in text:
        yield bytes([byte])
        yield tick


def forever(text: bytes, tick: float = 0.0) -> Iterator[bytes | float]:
    """A text again and again, with pauses or as fast as possible."""
    for _ in itertools.count():
        yield text
        if tick:
            yield tick
