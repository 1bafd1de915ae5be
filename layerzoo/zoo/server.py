"""Serve the local zoo as a store over HTTP."""

from __future__ import annotations

import hmac
import http.server
import re
import shutil
from http import HTTPStatus
from pathlib import Path
from typing import Final

from layerzoo.errors import ZooError
from layerzoo.zoo.index import INDEX, Row, emit_index
from layerzoo.zoo.manifest import MANIFEST, SIGNATURE
from layerzoo.zoo.store import LocalZoo

HOST: Final = "127.0.0.1"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class ZooServer(http.server.ThreadingHTTPServer):
    """Read-only server of the entries of a zoo, including shipped ones.

    Args:
        zoo: the zoo.
        port: 0 chooses a free port.
        token: bearer token that requests need; empty for none.
        host: address to listen on; the default accepts connections from this machine only.

    Attributes:
        url: URL of the server.
    """

    daemon_threads = True

    def __init__(self, zoo: LocalZoo, port: int = 0, token: str = "", host: str = HOST) -> None:
        self.zoo, self.token = zoo, token
        super().__init__((host, port), _Handler)
        self.url = f"http://{host}:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    """Request handler; paths are looked up among the files of the entries, never on the disk."""

    server: ZooServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Send a file, or a range of it."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Send the headers only."""
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its base names it so)
        """Log nothing."""

    def _answer(self, body: bool) -> None:
        try:
            if not self._allowed():
                return self._send(b"token required\n", HTTPStatus.UNAUTHORIZED, body)
            content = self._find(self.path.partition("?")[0].lstrip("/"))
            if content is None:
                return self._send(b"no such file\n", HTTPStatus.NOT_FOUND, body)
            if isinstance(content, bytes):
                return self._send(content, HTTPStatus.OK, body)
            return self._send_file(content, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _allowed(self) -> bool:
        authorization = self.headers.get("Authorization", "")
        return not self.server.token or hmac.compare_digest(
            authorization.encode(), f"Bearer {self.server.token}".encode()
        )

    def _find(self, path: str) -> Path | bytes | None:
        zoo = self.server.zoo
        entries = [*zoo.entries(), *zoo.shipped_entries()]
        if path == INDEX:
            rows: dict[str, Row] = {}
            for entry in entries:
                try:
                    rows.setdefault(entry.address, Row.of(entry))
                except ZooError:
                    continue  # a damaged entry does not affect the others
            return emit_index(rows.values())
        for entry in entries:
            base = f"{entry.name}/{entry.version}/"
            if path.startswith(base):
                name = path.removeprefix(base)
                known = name in {MANIFEST, SIGNATURE} or name in entry.files
                return entry.path / name if known and (entry.path / name).is_file() else None
        return None

    def _send(self, data: bytes, status: HTTPStatus, body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        if body:
            self.wfile.write(data)

    def _send_file(self, path: Path, body: bool) -> None:
        with path.open("rb") as file:
            size = path.stat().st_size
            match = _RANGE.fullmatch(self.headers.get("Range", ""))
            start = int(match[1]) if match else 0
            if start >= size and match:
                self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            end = min(int(match[2]), size - 1) if match and match[2] else size - 1
            self.send_response(HTTPStatus.PARTIAL_CONTENT if match else HTTPStatus.OK)
            if match:
                self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(end - start + 1))
            self.end_headers()
            if body:
                file.seek(start)
                if end == size - 1:
                    shutil.copyfileobj(file, self.wfile)
                else:
                    self.wfile.write(file.read(end - start + 1))
        return None
