"""Answers of a store: raw bytes of a server that may say anything, and then closes."""

from __future__ import annotations

import socket
import threading
from functools import cache
from pathlib import Path
from random import Random

from layerzoo.zoo.index import MAX_INDEX_BYTES, parse_index
from layerzoo.zoo.stores.http import HttpStore
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import NUMBERS, encodable, mutate_bytes

_BODY = b'{"format": 1, "entries": []}'
_STATUSES = ("200 OK", "200", "206 Partial Content", "100 Continue", "103 Early Hints", "204 No Content",
"301 Moved",
             "302 Found", "304 Not Modified", "307 x", "401 x", "404 Not Found", "416 x", "429 x",
             "500 x", "503 x", "999 x",
             "0 x", "99999 x", "abc", "")  # fmt: skip
_HEADERS = ("Content-Length: 28", "Content-Length: 5", "Content-Length: 500", "Content-Length: -1",
"Content-Length: +28",
            "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Content-Range: bytes 5-27/28",
            "Content-Range: bytes 9-27/28", "Content-Range: x", "Location: /index.json", "Location: http://127.0.0.1:1/x",
            "Location: file:///etc/passwd", "Location: //", "Location: http://[", "Connection: close",
            "Content-Encoding: gzip",
            "Connection: keep-alive", "Retry-After: 999999", "Set-Cookie: a=b", ": empty", "no colon",
            " folded", "X: \x1b[31m",
            "X: é", "Date: x", "WWW-Authenticate: Basic")  # fmt: skip
_CHUNKED = b'5\r\n{"for\r\n17\r\nmat": 1, "entries": []}\r\n0\r\n\r\n'


class _Server:
    """Sends the same bytes to every connection after its request, and closes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.answer = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                try:
                    connection.settimeout(1)
                    request = b""
                    while b"\r\n\r\n" not in request and (piece := connection.recv(4096)):
                        request += piece
                    connection.sendall(self.answer)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass
                except OSError:
                    continue


@cache
def _server() -> _Server:
    return _Server()


def _answer(random: Random) -> bytes:
    parts = []
    for _ in range(random.choice((0, 0, 0, 0, 1, 3, 300))):
        parts.append("HTTP/1.1 100 Continue\r\n\r\n")
    version = random.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/0.9", "http", "ICY", ""))
    status = "200 OK" if random.random() < 0.5 else random.choice(_STATUSES)
    headers = random.sample(_HEADERS, random.randrange(4))
    if random.random() < 0.2:
        headers.append(f"Content-Length: {random.choice(NUMBERS)}")
    if random.random() < 0.05:
        headers += ["X-Many: 1"] * random.choice((99, 101, 3000))
    if random.random() < 0.05:
        headers.append("X-Long: " + "a" * random.choice((60_000, 70_000, 300_000)))
    parts.append(f"{version} {status}\r\n" + "".join(f"{header}\r\n" for header in headers) + "\r\n")
    body = random.choice((_BODY, _BODY, b"", _CHUNKED, _BODY * 50, b"\0" * 100_000))
    data = encodable("".join(parts)).encode("utf-8", "surrogateescape") + body
    return mutate_bytes(random, data) if random.random() < 0.3 else data


@kind("http", _answer, seconds=5)
def read_answer(data: bytes, folder: Path) -> None:
    """The index is asked for, then the rest of a file."""
    server = _server()
    server.answer = data
    store = HttpStore(server.url, timeout=2)
    parse_index(store.small("index.json", MAX_INDEX_BYTES), store.url)
    with store.open("file", 5) as pieces:
        assert sum(map(len, pieces)) <= len(data)
