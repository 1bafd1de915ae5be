"""A folder behind a web server as a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.version import __version__
from layerzoo.zoo.stores import StoreFault
from layerzoo.zoo.stores.http import HttpStore
from tests.zoo.badserver import Handler, serving

DATA = b"0123456789"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "w.bin").write_bytes(DATA)
    return tmp_path


def content(store: HttpStore, path: str, offset: int = 0) -> bytes:
    with store.open(path, offset) as pieces:
        return b"".join(pieces)


def test_open_reads_from_an_offset(root: Path) -> None:
    with serving(root) as (url, seen):
        store = HttpStore(f"{url}/")
        assert store.url == url
        assert content(store, "w.bin") == DATA
        assert content(store, "w.bin", 4) == DATA[4:]
    assert [headers.get("Range") for _, headers in seen] == [None, "bytes=4-"]
    assert {headers["User-Agent"] for _, headers in seen} == {f"layerzoo/{__version__}"}


def test_open_skips_where_the_server_ignores_ranges(root: Path) -> None:
    def whole(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(200, DATA)
        return True

    with serving(root, whole) as (url, _):
        assert content(HttpStore(url), "w.bin", 4) == DATA[4:]


def test_open_skips_where_the_server_answers_another_range(root: Path) -> None:
    def from_start(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(206, DATA, ContentRange=f"bytes 0-9/{len(DATA)}")
        return True

    with serving(root, from_start) as (url, _):
        assert content(HttpStore(url), "w.bin", 4) == DATA[4:]


@pytest.mark.parametrize(
    ("status", "absent", "passing"),
    [(404, True, False), (410, True, False), (429, False, True), (503, False, True), (400, False, False)],
)
def test_fault_says_whether_to_try_again(status: int, absent: bool, passing: bool, root: Path) -> None:
    def refuse(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(status, b"")
        return True

    with (
        serving(root, refuse) as (url, _),
        pytest.raises(StoreFault, match=f"{url}/w.bin: {status} ") as caught,
    ):
        content(HttpStore(url), "w.bin")
    assert (caught.value.absent, caught.value.passing) == (absent, passing)


@pytest.mark.parametrize(
    ("token", "hint"), [("", "a token is required"), ("secret", "the token was rejected")]
)
def test_fault_of_a_refused_request_speaks_of_the_token(token: str, hint: str, root: Path) -> None:
    def refuse(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(401, b"")
        return True

    with serving(root, refuse) as (url, seen), pytest.raises(StoreFault, match=hint):
        content(HttpStore(url, token), "w.bin")
    assert seen[0][1].get("Authorization") == (f"Bearer {token}" if token else None)


def test_fault_of_an_answer_cut_short_is_passing(root: Path) -> None:
    def cut(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(200, DATA[:3], length=len(DATA))
        return True

    with serving(root, cut) as (url, _), pytest.raises(StoreFault) as caught:
        content(HttpStore(url), "w.bin")
    assert caught.value.passing


def test_fault_of_a_server_that_is_down_is_passing() -> None:
    with pytest.raises(StoreFault, match=r"http://127.0.0.1:1/w.bin: ") as caught:
        content(HttpStore("http://127.0.0.1:1"), "w.bin")
    assert caught.value.passing


def test_paths_are_quoted(root: Path) -> None:
    def answer(handler: Handler, path: str, data: bytes | None) -> bool:
        handler.send(200, path.encode())
        return True

    with serving(root, answer) as (url, _):
        assert content(HttpStore(url), "a b/ä#1") == b"a%20b/%C3%A4%231"


def test_http_store_is_read_only(root: Path) -> None:
    with pytest.raises(StoreFault, match=r"https://example\.org"):
        HttpStore("https://example.org/").write("w.bin", root / "w.bin")
