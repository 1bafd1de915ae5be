"""The HTTP server of the local zoo."""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo.server import ZooServer

DATA = b"0123456789"


@pytest.fixture
def small(zoo: LocalZoo) -> Entry:
    return publish("small", {"w.bin": DATA}, {"title": "Small"}, zoo)


@contextmanager
def serving(zoo: LocalZoo, token: str = "", limits: dict[str, float] | None = None) -> Iterator[int]:
    """Serve a zoo and yield the port."""
    with ZooServer(zoo, token=token) as server:
        for name, value in (limits or {}).items():
            setattr(server, name, value)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            assert server.url == f"http://127.0.0.1:{server.server_address[1]}"
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def request(
    port: int, path: str, method: str = "GET", **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def test_server_answers_with_files_and_the_index(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo) as port:
        assert request(port, "/small/1/w.bin")[:2] == (200, DATA)
        assert request(port, "/small/1/w.bin?download=1")[:2] == (200, DATA)
        manifest = request(port, "/small/1/entry.json")[1]
        index = json.loads(request(port, "/index.json")[1])
    assert json.loads(manifest)["id"] == small.id
    assert [(row["name"], row["version"], row["id"]) for row in index["entries"]] == [("small", 1, small.id)]


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=4-5", 206, b"45", "bytes 4-5/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=5-3", 416, b"", "bytes */10"),
        ("bytes=", 416, b"", "bytes */10"),
        ("bytes=x-y", 416, b"", "bytes */10"),
        ("bytes=" + "9" * 5000 + "-", 416, b"", "bytes */10"),
        ("bytes=4-" + "9" * 5000, 206, b"456789", "bytes 4-9/10"),
        ("bytes=0-1,4-5", 200, DATA, None),
        ("lines=1-2", 200, DATA, None),
    ],
)
def test_server_answers_ranges(
    asked: str, status: int, body: bytes, content_range: str | None, zoo: LocalZoo, small: Entry
) -> None:
    with serving(zoo) as port:
        found = request(port, "/small/1/w.bin", Range=asked)
    assert (found[0], found[1], found[2].get("Content-Range")) == (status, body, content_range)


def test_server_answers_head_without_a_body(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo) as port:
        status, body, headers = request(port, "/small/1/w.bin", "HEAD")
    assert (status, body, headers["Content-Length"], headers["Accept-Ranges"]) == (200, b"", "10", "bytes")


@pytest.mark.parametrize(
    "path",
    [
        "/small",
        "/../etc/passwd",
        "/small/1/%2e%2e/1/w.bin",
        "/small/01/w.bin",
        "/small/9999999999/w.bin",
        "/con/1/w.bin",
        "/small/1/w.bin/",
        "/small/1/",
        "/small/2/w.bin",
        "/small/1/none",
        "/small/1/../1/w.bin",
        "//small/1/x",
        "/.blobs",
    ],
)
def test_server_serves_only_the_files_of_entries(path: str, zoo: LocalZoo, small: Entry) -> None:
    (small.path / "secret").write_bytes(b"x")
    with serving(zoo) as port:
        assert request(port, path)[:2] == (404, b"no such file\n")
        assert request(port, "/small/1/secret")[0] == 404


def test_server_requires_its_token(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo, "secret") as port:
        for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "secret"}):
            status, _, answered = request(port, "/small/1/w.bin", **headers)
            assert (status, answered["WWW-Authenticate"]) == (401, "Bearer")
        assert request(port, "/small/1/w.bin", Authorization="Bearer secret")[:2] == (200, DATA)


def test_index_leaves_out_a_damaged_entry(zoo: LocalZoo, small: Entry) -> None:
    broken = publish("broken", {"w.bin": DATA}, {}, zoo)
    manifest = broken.path / "entry.json"
    manifest.chmod(0o644)
    manifest.write_text("{")
    with serving(zoo) as port:
        index = json.loads(request(port, "/index.json")[1])
    assert [row["name"] for row in index["entries"]] == ["small"]


def raw(port: int, text: bytes) -> bytes:
    """Send bytes and return everything that comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text)
        found = b""
        while piece := connection.recv(65536):
            found += piece
    return found


def test_page_lists_the_entries(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo) as port:
        status, body, headers = request(port, "/")
        other = request(port, "/", Host="models.example:8000")[1].decode()
        odd = request(port, "/", Host="<b>")[1].decode()
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "layerzoo zoo get small@1 " in body.decode()
    assert f"> http://127.0.0.1:{port}<" in body.decode()
    assert "> http://models.example:8000<" in other
    assert f"> http://127.0.0.1:{port}<" in odd


def test_unchanged_content_is_not_sent_again(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo) as port:
        for path in ("/small/1/w.bin", "/small/1/entry.json", "/index.json", "/"):
            tag = request(port, path)[2]["ETag"]
            assert request(port, path, **{"If-None-Match": f'"x", {tag}'})[:2] == (304, b"")
            assert request(port, path, **{"If-None-Match": '"x"'})[0] == 200
        tag = request(port, "/small/1/w.bin")[2]["ETag"]
        assert tag == f'"{small.files["w.bin"].sha256}"'
        assert request(port, "/small/1/w.bin", Range="bytes=4-", **{"If-Range": tag})[1] == DATA[4:]
        assert request(port, "/small/1/w.bin", Range="bytes=4-", **{"If-Range": '"x"'})[:2] == (200, DATA)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(method: str, zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo) as port:
        status, body, headers = request(port, "/small/1/w.bin", method)
        assert (status, body, headers["Allow"]) == (405, b"", "GET, HEAD")
        assert raw(port, b"BREW / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 501 ")


def test_body_of_a_request_is_no_second_request(zoo: LocalZoo, small: Entry) -> None:
    inner = b"GET /index.json HTTP/1.1\r\n\r\n"
    head = b"GET /small/1/none HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(inner)
    with serving(zoo) as port:
        assert raw(port, head + inner).count(b"HTTP/1.1 ") == 1


def test_damaged_entry_is_missing_with_a_line_in_the_log(
    zoo: LocalZoo, small: Entry, caplog: pytest.LogCaptureFixture
) -> None:
    def change(path: Path, text: bytes | None) -> None:
        path.unlink()
        if text is not None:
            path.write_bytes(text)

    change(small.path / "w.bin", b"short")
    broken = publish("broken", {"w.bin": DATA}, {}, zoo)
    change(broken.path / "entry.json", b"{")
    gone = publish("gone", {"w.bin": DATA}, {}, zoo)
    change(gone.path / "w.bin", None)
    linked = publish("linked", {"w.bin": DATA}, {}, zoo)
    change(linked.path / "w.bin", None)
    (linked.path / "w.bin").symlink_to("/etc/hostname")
    with serving(zoo) as port, caplog.at_level(logging.WARNING, "layerzoo"):
        for name in ("small", "broken", "gone", "linked"):
            assert request(port, f"/{name}/1/w.bin")[:2] == (404, b"no such file\n")
        assert request(port, "/")[0] == request(port, "/")[0] == 200
    said = [record.getMessage() for record in caplog.records]
    assert "zoo entry small@1 is damaged: 'w.bin' has 5 bytes instead of 10" in said
    assert "zoo entry gone@1 is damaged: 'w.bin': No such file or directory" in said
    assert "zoo entry linked@1 is damaged: 'w.bin': not a regular file but a symbolic link" in said
    assert sum("zoo entry broken@1 is damaged: entry.json" in line for line in said) == 2, "once by the page"


def test_requests_are_logged_with_escaped_texts(
    zoo: LocalZoo, small: Entry, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(zoo) as port, caplog.at_level(logging.INFO, "layerzoo"):
        request(port, "/small/1/w.bin", Range="bytes=1-2")
        raw(port, b"GET /\x1b[2J\x9b HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert [record.getMessage() for record in caplog.records] == [
        "127.0.0.1 GET /small/1/w.bin HTTP/1.1 206",
        r"127.0.0.1 GET /\x1b[2J\x9b HTTP/1.1 404",
    ]


@pytest.fixture
def large(zoo: LocalZoo) -> int:
    """An entry ``large`` with a file of this size."""
    size = 48 << 20
    publish("large", {"w.bin": bytes(size)}, {}, zoo)
    return size


def slow_readers(port: int, count: int, stack: ExitStack) -> list[socket.socket]:
    """Connections that have asked for the large file, and have received its first byte."""
    found = []
    for _ in range(count):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /large/1/w.bin HTTP/1.1\r\nRange: bytes=0-50000000\r\n\r\n")
        assert connection.recv(1) == b"H"
        found.append(connection)
    return found


def resident() -> int:
    """Bytes of memory of this process."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[0]) * 1024


def test_ranges_are_sent_in_pieces(zoo: LocalZoo, large: int) -> None:
    with serving(zoo) as port, ExitStack() as stack:
        request(port, "/index.json")
        before = resident()
        slow_readers(port, 8, stack)
        time.sleep(0.2)
        assert resident() - before < 24 << 20, "eight times the range are 384 MiB"


def test_server_that_is_full_answers_503(zoo: LocalZoo, large: int, caplog: pytest.LogCaptureFixture) -> None:
    with serving(zoo, limits={"max_connections": 2}) as port, ExitStack() as stack:
        readers = slow_readers(port, 2, stack)
        with caplog.at_level(logging.WARNING, "layerzoo"):
            assert raw(port, b"").startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n")
        assert caplog.messages == ["127.0.0.1: refused, 2 connections are busy"]
        readers[0].close()
        deadline = time.monotonic() + 10
        while raw(port, b"GET /x HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 503"):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_idle_connections_do_not_keep_others_out(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo, limits={"max_connections": 8}) as port, ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(60)
        ]
        idle[-1].sendall(b"GET /x HTT")
        assert request(port, "/small/1/w.bin")[:2] == (200, DATA)
        assert idle[0].recv(1) == b"", "the oldest was closed"
        assert sum(thread.name.startswith("Thread-") for thread in threading.enumerate()) < 30


def test_slow_headers_have_a_deadline(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo, limits={"head_seconds": 0.3}) as port:
        start = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n")
            with suppress(ConnectionError):  # it is closed while bytes still come
                while time.monotonic() - start < 8:
                    connection.sendall(b"X")
                    time.sleep(0.03)
        assert raw(port, b"") == b"", "an idle one has it, too"
        assert time.monotonic() - start < 6


def test_long_headers_are_refused(zoo: LocalZoo, small: Entry) -> None:
    with serving(zoo) as port:
        assert raw(port, b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000 + b"\r\n").startswith(b"HTTP/1.1 431 ")


def test_client_that_takes_nothing_is_dropped(zoo: LocalZoo, large: int) -> None:
    with serving(zoo, limits={"send_seconds": 0.3}) as port, ExitStack() as stack:
        (reader,) = slow_readers(port, 1, stack)
        time.sleep(1.0)
        count = 0
        with suppress(ConnectionError):
            while piece := reader.recv(1 << 20):
                count += len(piece)
        assert count < large


def test_client_that_leaves_is_not_logged_as_an_error(
    zoo: LocalZoo, large: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(zoo) as port, caplog.at_level(logging.WARNING, "layerzoo"):
        with ExitStack() as stack:
            slow_readers(port, 3, stack)
        assert request(port, "/index.json")[0] == 200
    assert caplog.messages == []
    assert capfd.readouterr().err == ""
