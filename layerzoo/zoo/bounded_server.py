"""An HTTP server whose connections, threads, headers and waiting times are bounded.

The standard library's server starts a thread per connection without a limit and waits for slow headers for
ever. The servers that were considered lack a limit, too: uvicorn and waitress restart their time limit with
each byte of a header, and waitress stops accepting at its limit of connections, idle ones included.
"""

from __future__ import annotations

import http.server
import io
import logging
import socket
import socketserver
import struct
import threading
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from layerzoo.terminal_text import one_line
from layerzoo.zoo.stores.allowance import Allowance, TooLongError

log = logging.getLogger("layerzoo")

MAX_CONNECTIONS: Final = 64
HEAD_SECONDS: Final = 15.0
"""Time for a connection to be idle and to send the headers of its next request, together."""
SEND_SECONDS: Final = 60.0
"""Time for a client to take one piece of an answer."""
MAX_HEAD: Final = 1 << 15
PIECE: Final = 1 << 16

_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class BoundedServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A server with a thread per connection and a limited number of connections.

    At the limit a new connection replaces the one that has been idle longest; if none is idle, it is answered
    with 503.

    Attributes:
        max_connections: the limit.
        head_seconds, send_seconds: `HEAD_SECONDS` and `SEND_SECONDS`.
    """

    daemon_threads = True
    request_queue_size = 128
    max_connections = MAX_CONNECTIONS
    head_seconds = HEAD_SECONDS
    send_seconds = SEND_SECONDS

    def __init__(self, address: tuple[str, int], handler: type[BoundedHandler]) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._idle: dict[socket.socket, None] = {}  # in the order in which they became idle
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, or refuse it."""
        with self._lock:
            while len(self._open) >= self.max_connections and self._idle:
                oldest = next(iter(self._idle))
                self._forget(oldest)
                with suppress(OSError):
                    oldest.shutdown(socket.SHUT_RDWR)  # its thread ends and closes it
            full = len(self._open) >= self.max_connections
            if not full:
                self._open.add(request)
                self._idle[request] = None
        if full:
            log.warning("%s: refused, %d connections are busy", client_address[0], self.max_connections)
            with suppress(OSError):
                request.setblocking(False)
                request.send(_BUSY)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError as error:  # no thread can be started
            log.warning("%s: refused: %s", client_address[0], error)
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._forget(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, and close the connections."""
        super().server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def note_idle(self, connection: socket.socket, idle: bool) -> None:
        """Record whether a connection waits for a request."""
        with self._lock:
            self._idle.pop(connection, None)
            if idle and connection in self._open:
                self._idle[connection] = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an exception of a handler; a client that is gone is none."""
        import sys

        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            log.warning("%s: %s: %s", client_address[0], type(error).__name__, one_line(str(error)))

    def _forget(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        self._idle.pop(connection, None)


class BoundedHandler(http.server.BaseHTTPRequestHandler):
    """Base of handlers for GET and HEAD; other methods are refused, and each request is logged."""

    server: BoundedServer
    protocol_version = "HTTP/1.1"
    error_message_format = "%(code)d %(message)s\n"
    error_content_type = "text/plain; charset=utf-8"

    def version_string(self) -> str:
        """The header ``Server``: no version, which is no business of strangers."""
        return "layerzoo"

    def setup(self) -> None:
        """Limit what the connection can take."""
        super().setup()
        self._allowance = Allowance(self.server.head_seconds, MAX_HEAD)
        self.rfile.close()
        self.rfile = io.BufferedReader(_Reader(self.connection, self._allowance))
        self.wfile = _Writer(self.connection, self.server.send_seconds)

    def handle_one_request(self) -> None:
        """Wait for a request and answer it."""
        self._allowance.grant(self.server.head_seconds, MAX_HEAD)
        self.server.note_idle(self.connection, True)
        self.requestline, self.request_version, self.command = "", "HTTP/1.1", ""
        try:
            super().handle_one_request()
        except TooLongError:
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except (ConnectionError, TimeoutError):  # the client is gone or too slow
            self.close_connection = True

    def parse_request(self) -> bool:
        """Parse a request; a body, which no request here has, ends the connection."""
        parsed = super().parse_request()
        self.server.note_idle(self.connection, False)
        if parsed and (
            self.headers.get("Transfer-Encoding") or self.headers.get("Content-Length", "0") != "0"
        ):
            self.close_connection = True
        return parsed

    def handle_expect_100(self) -> bool:
        """Ignore that a client waits to send a body."""
        return True

    def refuse_method(self) -> None:
        """Answer any method but GET and HEAD."""
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a line for a request."""
        status = code.value if isinstance(code, HTTPStatus) else code
        log.info("%s %s %s", self.client_address[0], one_line(self.requestline[:300]) or "-", status)

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 (its base names it so)
        """Log nothing: the line of the request says the status."""


for _method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"):
    setattr(BoundedHandler, f"do_{_method}", BoundedHandler.refuse_method)


class _Reader(io.RawIOBase):
    """The receiving side of a connection, within an allowance."""

    def __init__(self, connection: socket.socket, allowance: Allowance) -> None:
        self._connection, self._allowance = connection, allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._allowance.left())
        count = self._connection.recv_into(buffer)
        self._allowance.take(count)
        return count


class _Writer(io.BufferedIOBase):
    """The sending side of a connection; each write has a time limit."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        with memoryview(data) as view:
            for start in range(0, view.nbytes, PIECE):
                self._connection.settimeout(self._seconds)  # of the whole call
                try:
                    self._connection.sendall(view[start : start + PIECE])
                except TimeoutError:  # closing it drops what the kernel still holds for it
                    linger = struct.pack("ii", 1, 0)
                    self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    raise
            return view.nbytes
