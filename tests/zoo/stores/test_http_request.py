"""Requests to servers that stall, trickle, flood or contradict themselves."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from layerzoo.zoo.stores import StoreFault
from layerzoo.zoo.stores.http import HttpStore
from layerzoo.zoo.stores.http_request import MAX_REDIRECTS, _redirected
from tests.zoo.stores.rawserver import TICK, Script, forever, scripted, slowly

TIMEOUT = 0.3
SLOW = r"no complete answer within 0\.3 seconds|timed out"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def content(url: str, offset: int = 0, token: str = "") -> bytes:
    with HttpStore(url, token, timeout=TIMEOUT).open("x", offset) as pieces:
        return b"".join(pieces)


def answer(*steps: bytes | Iterable[bytes | float]) -> Script:
    """A script that sends bytes and runs other steps."""

    def script(_: str) -> Iterator[bytes | float]:
        for step in steps:
            if isinstance(step, bytes):
                yield step
            else:
                yield from step

    return script


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param([[60.0]], SLOW, id="silence"),
        pytest.param([slowly(OK * 100)], SLOW, id="status line"),
        pytest.param([OK, slowly(b"X: " + b"y" * 9999)], SLOW, id="a header"),
        pytest.param([OK, forever(b"X: y\r\n", TICK)], SLOW, id="headers"),
        pytest.param([forever(b"HTTP/1.1 100 Continue\r\n\r\n", TICK)], SLOW, id="100"),
        pytest.param([CHUNKED, slowly(b"0" * 9999)], SLOW, id="chunk size"),
        pytest.param(
            [CHUNKED, b"1\r\na\r\n0\r\n", forever(b"X: y\r\n", TICK)],
            SLOW,
            id="trailers",
        ),
        pytest.param(
            [OK, b"Content-Length: 99999\r\n\r\n", slowly(b"x" * 9999)], r"only \d+ bytes in 0 sec", id="body"
        ),
        pytest.param(
            [OK, b"Content-Length: 99999999\r\n\r\n", b"x" * 500_000, slowly(b"x" * 9999)],
            r"only \d+ bytes in 0 sec",
            id="body after a fast start",
        ),
        pytest.param(
            [OK, b"Content-Length: 9\r\n\r\n", b"x", [60.0]],
            SLOW,
            id="stalled body",
        ),
    ],
)
def test_slow_server_is_given_up(steps: list[bytes | Iterable[bytes | float]], said: str) -> None:
    start = time.monotonic()
    with scripted(answer(*steps)) as (url, _), pytest.raises(StoreFault, match=said) as caught:
        content(url)
    assert caught.value.passing
    assert time.monotonic() - start < 20 * TIMEOUT


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param([OK, forever(b"X: y\r\n" * 100)], "more than 100 headers", id="headers"),
        pytest.param([OK, b"X: ", forever(b"y" * 4096)], "too long|more than 65536", id="a header"),
        pytest.param([forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 99)], "too long", id="100"),
        pytest.param([CHUNKED, b"1;", forever(b"y" * 4096)], "too long|more than 65536", id="chunk size"),
        pytest.param([CHUNKED, b"1\r\na\r\n0\r\n", forever(b"X: y\r\n" * 999)], "too long", id="trailers"),
        pytest.param([forever(b"\x00" * 4096)], "too long|more than 65536|status line", id="zeros"),
    ],
)
def test_flood_is_given_up(steps: list[bytes | Iterable[bytes | float]], said: str) -> None:
    start = time.monotonic()
    with scripted(answer(*steps)) as (url, _), pytest.raises(StoreFault, match=said):
        content(url)
    assert time.monotonic() - start < 20 * TIMEOUT


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: " + b"9" * 5000,
        b"Content-Length: -5",
        b"Content-Length: +5",
        b"Content-Length: 5_0",
        b"Content-Length: \xb2",
        b"Content-Length: 0x5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5, 6",
    ],
)
def test_invalid_length_is_refused(head: bytes) -> None:
    with (
        scripted(answer(OK, head, b"\r\n\r\nabcde")) as (url, _),
        pytest.raises(StoreFault, match=r"the declared length of the answer, .* is not a number of bytes"),
    ):
        content(url)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", "in conflicting ways"),
        (b"Transfer-Encoding: gzip, chunked", "in conflicting ways"),
        (b"Content-Encoding: gzip", r"encoded \(gzip\)"),
    ],
)
def test_contradictory_or_encoded_answer_is_refused(head: bytes, said: str) -> None:
    with scripted(answer(OK, head, b"\r\n\r\nabcde")) as (url, _), pytest.raises(StoreFault, match=said):
        content(url)


def test_equal_lengths_are_accepted() -> None:
    head = b"Content-Length: 5, 5\r\nContent-Encoding: identity\r\n\r\nabcde"
    with scripted(answer(OK, head)) as (url, _):
        assert content(url) == b"abcde"


def test_chunked_body_is_read() -> None:
    with scripted(answer(CHUNKED, b"2;x=y\r\nab\r\n3\r\ncde\r\n0\r\nX: y\r\n\r\n")) as (url, _):
        assert content(url) == b"abcde"


@pytest.mark.parametrize(
    "framing", [b"zz\r\n", b"5\r\nab", b"", b"f" * 5000 + b"\r\nab", b"-1\r\nab\r\n", b"2\r\nabXX2\r\nab"]
)
def test_damaged_chunks_are_a_fault(framing: bytes) -> None:
    with scripted(answer(CHUNKED, framing)) as (url, _), pytest.raises(StoreFault) as caught:
        content(url)
    assert caught.value.passing


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-x\r\n",
    ],
)
def test_answer_that_is_not_http_is_a_fault(junk: bytes) -> None:
    with scripted(answer(junk)) as (url, _), pytest.raises(StoreFault, match=f"{url}/x: ."):
        content(url)


@pytest.mark.parametrize("status", [204, 205, 300, 302, 304, 416, 451])
def test_other_statuses_are_faults(status: int) -> None:
    head = f"HTTP/1.1 {status} Odd\r\nContent-Length: 0\r\n\r\n".encode()
    with scripted(answer(head)) as (url, _), pytest.raises(StoreFault, match=f"{status} Odd"):
        content(url)


def ranged(content_range: bytes, body: bytes) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 206 Partial\r\nContent-Range: " + content_range + b"\r\n" + length + b"\r\n" + body


@pytest.mark.parametrize(
    ("content_range", "body"),
    [
        (b"bytes 7-9/10", b"789"),
        (b"bytes 0-3/10", b"0123"),
        (b"bytes 4-9/10", b"45"),
        (b"bytes 9-4/10", b"456789"),
        (b"bytes " + b"4" * 5000 + b"-9/10", b"456789"),
        (b"lines 4-9/10", b"456789"),
        (b"", b"456789"),
    ],
)
def test_wrong_range_is_asked_for_without_one(content_range: bytes, body: bytes) -> None:
    def script(head: str) -> Iterator[bytes]:
        whole = OK + b"Content-Length: 10\r\n\r\n0123456789"
        yield ranged(content_range, body) if "Range:" in head else whole

    with scripted(script) as (url, heads):
        assert content(url, 4) == b"456789"
    assert ["Range:" in head for head in heads] == [True, False]


def test_wrong_range_without_being_asked_for_one_is_a_fault() -> None:
    with (
        scripted(answer(ranged(b"bytes 7-9/10", b"789"))) as (url, _),
        pytest.raises(StoreFault, match="another range of bytes than requested"),
    ):
        content(url)


def test_redirects_are_bounded() -> None:
    def script(head: str) -> Iterator[bytes]:
        number = int(head.split()[1].strip("/x") or 0)
        yield f"HTTP/1.1 302 Found\r\nLocation: /{number + 1}\r\n\r\n".encode()

    with scripted(script) as (url, heads), pytest.raises(StoreFault, match="more than 5 redirects"):
        content(url)
    assert len(heads) == MAX_REDIRECTS + 1


def test_body_of_a_redirect_is_not_read() -> None:
    def script(head: str) -> Iterator[bytes | float]:
        if "/end" in head:
            yield OK + b"Content-Length: 2\r\n\r\nok"
        else:
            yield b"HTTP/1.1 302 Found\r\nLocation: /end\r\n\r\n"
            yield from forever(b"x" * 65536)

    with scripted(script) as (url, _):
        assert content(url) == b"ok"


def test_all_redirects_have_one_deadline() -> None:
    def script(head: str) -> Iterator[bytes | float]:
        yield 0.6 * TIMEOUT
        yield b"HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n"

    with scripted(script) as (url, heads), pytest.raises(StoreFault, match=SLOW):
        content(url)
    assert len(heads) == 2


def test_token_is_not_sent_to_another_host() -> None:
    with scripted(answer(OK, b"Content-Length: 2\r\n\r\nok")) as (other, seen):

        def script(head: str) -> Iterator[bytes]:
            target = "/own" if "/own" not in head else f"{other}/x"
            yield f"HTTP/1.1 302 Found\r\nLocation: {target}\r\n\r\n".encode()

        with scripted(script) as (url, heads):
            assert content(url, token="secret") == b"ok"
    assert ["Bearer secret" in head for head in heads] == [True, True]
    assert ["Authorization" in head for head in seen] == [False]


@pytest.mark.parametrize(
    "target",
    [
        "http://example.org/x",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "javascript:alert(1)",
        "https://[::1/x",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://example.org/" + "x" * 9000,
    ],
)
def test_unsafe_redirect_is_refused(target: str) -> None:
    with pytest.raises(StoreFault, match=r"unsafe redirect from https://example\.org/a "):
        _redirected("https://example.org/a", target)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("b c#d", "https://example.org/b%20c"),
        ("//other.org/x?y=%20", "https://other.org/x?y=%20"),
        ("https://other.org/\r\nX: y", "https://other.org/%0D%0AX:%20y"),
        ("\xe4", "https://example.org/%E4"),
    ],
)
def test_redirect_is_resolved_and_quoted(location: str, target: str) -> None:
    assert _redirected("https://example.org/a", location) == target


def test_name_that_is_never_resolved_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def never(*_: object, **__: object) -> list[object]:
        ended.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    start = time.monotonic()
    with pytest.raises(StoreFault, match=r"the name nowhere\.example was not resolved in time"):
        content("http://nowhere.example")
    assert time.monotonic() - start < 20 * TIMEOUT
    ended.set()


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://h:99999", "http://h:x"])
def test_invalid_url_is_a_fault(url: str) -> None:
    with pytest.raises(StoreFault, match="http"):
        HttpStore(url)


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context for the name localhost, whose certificate requests trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    file = tmp_path / "server.pem"
    file.write_bytes(
        certificate.public_bytes(encoding)
        + key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return context


def test_https_is_read_with_the_same_limits(tls: ssl.SSLContext) -> None:
    with scripted(answer(OK, b"Content-Length: 2\r\n\r\nok"), tls) as (url, _):
        assert content(url) == b"ok"
    with (
        scripted(answer(OK, forever(b"X: y\r\n", TICK)), tls) as (url, _),
        pytest.raises(StoreFault, match=SLOW),
    ):
        content(url)


def test_handshake_that_never_ends_is_given_up(tls: ssl.SSLContext) -> None:
    start = time.monotonic()
    with scripted(answer()) as (url, _), pytest.raises(StoreFault, match=SLOW):
        content(url.replace("http:", "https:"))
    assert time.monotonic() - start < 20 * TIMEOUT


def test_certificate_of_another_name_is_refused(tls: ssl.SSLContext) -> None:
    with (
        scripted(answer(), tls) as (url, _),
        pytest.raises(StoreFault, match="certificate verify failed"),
    ):
        content(url.replace("localhost", "127.0.0.1"))


Environment = Callable[[str, str], None]


def test_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(answer(OK, b"Content-Length: 2\r\n\r\nok")) as (url, heads):
        monkeypatch.setenv("http_proxy", url.replace("//", "//user:p%40ss@"))
        monkeypatch.setenv("no_proxy", "")
        assert content("http://models.example") == b"ok"
    assert heads[0].startswith("GET http://models.example/x HTTP/1.1\r\n")
    assert "\r\nHost: models.example\r\n" in heads[0]
    assert "\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n" in heads[0]


def test_https_goes_through_a_tunnel(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(answer(b"HTTP/1.1 403 No\r\n\r\n")) as (url, heads):
        monkeypatch.setenv("https_proxy", url)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(StoreFault, match="403"):
            content("https://models.example", token="secret")
    assert heads[0].startswith("CONNECT models.example:443 HTTP/1.")
    assert "secret" not in heads[0]


def test_token_of_a_local_store_does_not_go_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with scripted(answer(OK, b"Content-Length: 2\r\n\r\nok")) as (url, heads):
        assert content(url, token="secret") == b"ok"
    assert "Bearer secret" in heads[0]
