"""A web server with configurable faults."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Behaviour = Callable[["Handler", str, bytes | None], bool]
"""Takes the request, its path and the file at that path; returns whether it answered the request."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves a folder; the behaviour may answer a request first."""

    protocol_version = "HTTP/1.1"
    root: Path
    behave: Behaviour
    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.seen.append((path, dict(self.headers)))
        file = self.root / path
        data = file.read_bytes() if file.is_file() else None
        if type(self).behave(self, path, data):
            return
        if data is None:
            self.send(404, b"")
        else:
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
            if start:
                self.send(206, data[start:], ContentRange=f"bytes {start}-{len(data) - 1}/{len(data)}")
            else:
                self.send(200, data)

    def send(self, status: int, data: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("ContentRange", "Content-Range"), value)
        self.end_headers()
        self.wfile.write(data)
        if length is not None and length != len(data):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving(
    root: Path, behave: Behaviour = lambda *_: False
) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Serve a folder; yields the URL, and the paths and headers of all requests so far."""
    seen: list[tuple[str, dict[str, str]]] = []
    handler = type("Bound", (Handler,), {"root": root, "behave": staticmethod(behave), "seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()
