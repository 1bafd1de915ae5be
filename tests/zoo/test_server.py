"""The HTTP server of the local zoo."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo.server import ZooServer

DATA = b"0123456789"


@pytest.fixture
def small(zoo: LocalZoo) -> Entry:
    return publish("small", {"w.bin": DATA}, {"title": "Small"}, zoo)


@contextmanager
def serving(zoo: LocalZoo, token: str = "") -> Iterator[int]:
    """Serve a zoo and yield the port."""
    with ZooServer(zoo, token=token) as server:
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
        ("bytes=-3", 200, DATA, None),
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
        "/",
        "/small",
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
