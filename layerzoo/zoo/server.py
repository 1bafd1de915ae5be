"""Serve the local zoo as a store over HTTP."""

from __future__ import annotations

import hmac
import io
import logging
import os
import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from layerzoo.errors import UsageError, ZooError
from layerzoo.regular_file import open_regular, read_bytes
from layerzoo.zoo.bounded_server import PIECE, BoundedHandler, BoundedServer
from layerzoo.zoo.byte_range import UnsatisfiableRangeError, requested_range
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.index import INDEX, Row, emit_index
from layerzoo.zoo.listing_page import CONTENT_POLICY, listing_page
from layerzoo.zoo.manifest import MANIFEST, MAX_MANIFEST_BYTES, SIGNATURE
from layerzoo.zoo.signing import MAX_SIGNATURE_BYTES
from layerzoo.zoo.store import LocalZoo

log = logging.getLogger("layerzoo")

HOST: Final = "127.0.0.1"
_FILE: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)/([1-9][0-9]{0,8})/([A-Za-z0-9][A-Za-z0-9._-]*)")
_AUTHORITY: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:]{2,39}\](:[0-9]{1,5})?")
_SMALL: Final = {MANIFEST: MAX_MANIFEST_BYTES, SIGNATURE: MAX_SIGNATURE_BYTES}
"""Files that the manifest does not list, and the largest size of each."""


class ZooServer(BoundedServer):
    """Read-only server of the entries of a zoo, including shipped ones, with a page that lists them.

    Args:
        zoo: the zoo.
        port: 0 chooses a free port.
        token: bearer token that requests need; empty for none.
        host: address to listen on; the default accepts connections from this machine only.

    Attributes:
        url: URL of the server.

    Raises:
        UsageError: the port is taken, or can't be used.
    """

    def __init__(self, zoo: LocalZoo, port: int = 0, token: str = "", host: str = HOST) -> None:
        self.zoo, self.token = zoo, token
        self._rows: dict[Path, tuple[object, Row | None]] = {}
        self._rows_lock = threading.Lock()
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise UsageError(f"-port {port}: {error.strerror or error}") from None
        self.url = f"http://{host}:{self.server_address[1]}"

    def serve_until_interrupted(self) -> None:
        """Serve until Ctrl-C."""
        with suppress(KeyboardInterrupt):
            self.serve_forever()

    def rows(self) -> list[Row]:
        """The rows of all intact entries; a damaged one is logged once."""
        rows: dict[str, Row] = {}
        with self._rows_lock:
            known, self._rows = self._rows, {}
            for entry in (*self.zoo.entries(), *self.zoo.shipped_entries()):
                key = _state_of(entry.path / MANIFEST), _state_of(entry.path / SIGNATURE)
                old = known.get(entry.path)
                row = old[1] if old is not None and old[0] == key else _row(entry)
                self._rows[entry.path] = key, row
                if row is not None:
                    rows.setdefault(entry.address, row)
        return list(rows.values())

    def entry(self, name: str, version: int) -> Entry | None:
        """The entry of a name and version, of the user or shipped."""
        for root in (self.zoo.root, self.zoo.shipped):
            if root is not None and os.path.lexists(root / name / str(version) / MANIFEST):
                return Entry(name, version, root / name / str(version))
        return None


class _Content(NamedTuple):
    """What a path holds.

    Attributes:
        file: open for reading.
        size: number of bytes.
        tag: entity tag; different for different contents.
        headers: more headers of the answer.
    """

    file: BinaryIO
    size: int
    tag: str
    headers: Iterable[tuple[str, str]] = (("Content-Type", "application/octet-stream"),)


class _Handler(BoundedHandler):
    """Request handler; paths are looked up among the files of the entries, never on the disk."""

    server: ZooServer

    def do_GET(self) -> None:  # noqa: N802 (its base names it so)
        """Send a file, or a range of it."""
        self._answer()

    def do_HEAD(self) -> None:  # noqa: N802 (its base names it so)
        """Send the headers only."""
        self._answer()

    def _answer(self) -> None:
        if not self._allowed():
            self._send_text(HTTPStatus.UNAUTHORIZED, "token required\n", ("WWW-Authenticate", "Bearer"))
            return
        content = self._find(self.path.partition("?")[0].lstrip("/"))
        if content is None:
            self._send_text(HTTPStatus.NOT_FOUND, "no such file\n")
            return
        with content.file:
            self._send(content)

    def _allowed(self) -> bool:
        authorization = self.headers.get("Authorization", "")
        return not self.server.token or hmac.compare_digest(
            authorization.encode("utf-8", "replace"), f"Bearer {self.server.token}".encode()
        )

    def _find(self, path: str) -> _Content | None:
        """The content at a path; a damaged file or entry counts as missing, with a line in the log."""
        if path == INDEX:
            return _in_memory(emit_index(self.server.rows()), ("Content-Type", "application/json"))
        if not path:
            return _in_memory(
                listing_page(self.server.rows(), self._url()),
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Security-Policy", CONTENT_POLICY),
                ("Referrer-Policy", "no-referrer"),
            )
        match = _FILE.fullmatch(path)
        entry = self.server.entry(match[1], int(match[2])) if match else None
        if match is None or entry is None:
            return None
        try:
            return _content_of(entry, match[3])
        except ZooError as error:
            log.warning("%s", error)
            return None

    def _url(self) -> str:
        """The URL of the zoo as the client sees it."""
        host = self.headers.get("Host", "")
        return f"http://{host}" if _AUTHORITY.fullmatch(host) else self.server.url

    def _send(self, content: _Content) -> None:
        if self._known(content.tag):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", content.tag)
            return self.end_headers()
        try:
            asked = self.headers.get("Range", "") if self._same(content.tag) else ""
            found = requested_range(asked, content.size)
        except UnsatisfiableRangeError:
            unit = ("Content-Range", f"bytes */{content.size}")
            return self._send_text(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "", unit)
        first, last = found or (0, content.size - 1)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if found else HTTPStatus.OK)
        if found:
            self.send_header("Content-Range", f"bytes {first}-{last}/{content.size}")
        for name, value in content.headers:
            self.send_header(name, value)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", content.tag)
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if self.command == "HEAD":
            return None
        content.file.seek(first)
        left = last - first + 1
        while left:
            piece = content.file.read(min(left, PIECE))
            if not piece:  # it was cut while it was sent
                self.close_connection = True
                break
            self.wfile.write(piece)
            left -= len(piece)
        return None

    def _known(self, tag: str) -> bool:
        """Whether the client already has the content of a tag."""
        tags = [one.strip().removeprefix("W/") for one in self.headers.get("If-None-Match", "").split(",")]
        return tag in tags or tags == ["*"]

    def _same(self, tag: str) -> bool:
        """Whether a range is wanted of this content; else the whole is wanted."""
        return self.headers.get("If-Range", tag).strip() == tag

    def _send_text(self, status: HTTPStatus, text: str, *headers: tuple[str, str]) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in (*headers, ("Content-Type", "text/plain; charset=utf-8")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _row(entry: Entry) -> Row | None:
    """The row of an entry; None, with a line in the log, if it is damaged."""
    try:
        return Row.of(entry)
    except ZooError as error:
        log.warning("%s", error)
        return None


def _content_of(entry: Entry, name: str) -> _Content | None:
    """A file of an entry; None if the entry has no such file.

    Raises:
        ZooError: the entry or the file is damaged.
    """
    facts = entry.files.get(name)
    where = f"zoo entry {entry.address} is damaged: '{name}'"
    try:
        if name in _SMALL:
            if not os.path.lexists(entry.path / name):
                return None
            return _in_memory(read_bytes(entry.path / name, _SMALL[name]))
        if facts is None:
            return None
        file = open_regular(entry.path / name, follow_links=False)
    except OSError as error:
        raise ZooError(f"{where}: {error.strerror or error}") from None
    size = os.fstat(file.fileno()).st_size
    if size != facts.size:
        file.close()
        raise ZooError(f"{where} has {size:,} bytes instead of {facts.size:,}")
    return _Content(file, size, f'"{facts.sha256}"')


def _in_memory(data: bytes, *headers: tuple[str, str]) -> _Content:
    """Content that has been made for a request."""
    own = headers or (("Content-Type", "application/octet-stream"),)
    tag = f'"{sha256(data).hexdigest()}"'
    return _Content(io.BytesIO(data), len(data), tag, (*own, ("Cache-Control", "no-cache")))


def _state_of(path: Path) -> object:
    """A value that changes with a file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
