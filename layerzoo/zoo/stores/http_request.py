"""One GET request over HTTP, with redirects and proxies, within one deadline.

``http.client`` speaks the protocol, on sockets with an `Allowance`: name resolution, connection, TLS, proxy,
request, interim answers, status, headers and redirects together have one deadline and a limited size. The
HTTP libraries httpx and urllib3 restart their timeout with each byte that arrives.
"""

from __future__ import annotations

import base64
import http.client
import re
import string
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from layerzoo.zoo.stores.allowance import Allowance, LimitedSocket, dial, tls_context
from layerzoo.zoo.stores.store import StoreFault

MAX_HEAD: Final = 1 << 18
"""Bytes of all status lines and headers of a request together, redirects included."""
MAX_REDIRECTS: Final = 5
LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_MAX_URL: Final = 8192
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SCHEMES: Final = frozenset({"http", "https"})
_LENGTH: Final = re.compile(r"[0-9]{1,18}")


class Answer:
    """An answer whose headers have been received.

    Attributes:
        url: URL that answered, after redirects.
        status, reason: as received.
        headers: as received.
        length: declared length of the body in bytes; None if it is not declared.
    """

    def __init__(self, url: str, connection: http.client.HTTPConnection, allowance: Allowance) -> None:
        self.url = url
        self._connection, self._allowance = connection, allowance
        self._response = connection.getresponse()
        self.status, self.reason = self._response.status, self._response.reason[:200]
        self.headers = self._response.headers
        self.length = _declared_length(url, self.headers)

    def read(self, count: int, seconds: float) -> bytes:
        """Read a part of the body, at most ``count`` bytes; empty at its end.

        Raises:
            OSError, http.client.HTTPException: nothing arrives in time, or the framing is damaged.
        """
        self._allowance.grant(seconds, count + MAX_HEAD)
        return self._response.read1(count)

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._connection.close()


def get(url: str, headers: Mapping[str, str], token: str, seconds: float) -> Answer:
    """Send a request, and follow redirects.

    Args:
        url: ``http`` or ``https``.
        headers: headers of the request.
        token: bearer token, sent to the host of ``url`` only; empty for none.
        seconds: time limit from the beginning until all headers of the last answer are there.

    Raises:
        StoreFault: a redirect is unsafe, or the headers contradict each other.
        OSError, http.client.HTTPException, ValueError: the exchange failed.
    """
    allowance = Allowance(seconds, MAX_HEAD)
    first = urlsplit(url)
    for _ in range(MAX_REDIRECTS + 1):
        parts = urlsplit(url)
        own = (parts.scheme, parts.netloc) == (first.scheme, first.netloc)
        sent = {**headers, "Connection": "close"}
        if token and own:
            sent["Authorization"] = f"Bearer {token}"
        connection = _request(url, sent, allowance, direct=bool(token) and parts.hostname in LOCAL)
        try:
            answer = Answer(url, connection, allowance)
        except BaseException:
            connection.close()
            raise
        location = answer.headers.get("Location")
        if answer.status not in _REDIRECTS or location is None:
            return answer
        answer.close()
        url = _redirected(url, location)
    raise StoreFault(f"{first.geturl()}: more than {MAX_REDIRECTS} redirects")


def _redirected(url: str, location: str) -> str:
    """The URL that a redirect leads to.

    Raises:
        StoreFault: it is not a URL of the web, or leads from https to http.
    """
    shown = location if len(location) <= 200 else f"{location[:200]}…"
    before = urlsplit(url)
    try:
        target = urljoin(url, quote(location, encoding="latin-1", safe=string.punctuation))
        after = urlsplit(target)
        port = after.port
    except ValueError:
        target, after, port = "", urlsplit(""), None
    unsafe = after.scheme not in _SCHEMES or (before.scheme, after.scheme) == ("https", "http")
    if unsafe or not after.hostname or port == 0 or len(target) > _MAX_URL:
        raise StoreFault(f"unsafe redirect from {url} to {shown}")
    return after._replace(fragment="").geturl()


def _request(
    url: str, headers: Mapping[str, str], allowance: Allowance, direct: bool
) -> http.client.HTTPConnection:
    """Connect, by way of the environment's proxy unless ``direct``, and send a request."""
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    proxy = (
        None if direct or proxy_bypass(parts.netloc.rpartition("@")[2]) else getproxies().get(parts.scheme)
    )
    sent = dict(headers)
    if proxy:
        via = urlsplit(proxy if "://" in proxy else f"//{proxy}", scheme="http")
        login = {}
        if via.username is not None:
            text = f"{unquote(via.username)}:{unquote(via.password or '')}"
            login = {"Proxy-Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}
        if via.scheme not in _SCHEMES or not via.hostname:
            raise StoreFault(f"the proxy '{via.scheme}://{via.hostname}' of the environment is not supported")
        first = _connection(via.hostname, via.port or 80, tls, allowance)
        if tls:
            first.set_tunnel(host, port, login)
        else:
            target = parts._replace(fragment="").geturl()
            sent |= {"Host": parts.netloc.rpartition("@")[2], **login}
    else:
        first = _connection(host, port, tls, allowance)
    try:
        first.request("GET", target, headers=sent)
    except BaseException:
        first.close()
        raise
    return first


def _connection(host: str, port: int, tls: bool, allowance: Allowance) -> http.client.HTTPConnection:
    """A connection whose sockets have an allowance."""

    def create(address: tuple[str, int], *_: object) -> LimitedSocket:
        return dial(*address, allowance)

    made = (
        http.client.HTTPSConnection(host, port, context=tls_context(allowance))
        if tls
        else http.client.HTTPConnection(host, port)
    )
    made._create_connection = create  # type: ignore[attr-defined]  # what connect() opens its socket with
    return made


def _declared_length(url: str, headers: http.client.HTTPMessage) -> int | None:
    """The declared length of a body.

    Raises:
        StoreFault: lengths contradict each other, or the body is encoded, which nobody asked for.
    """
    encodings = {value.strip().lower() for value in headers.get_all("Content-Encoding", [])}
    if encodings - {"identity", ""}:
        raise StoreFault(f"{url}: the answer is encoded ({', '.join(sorted(encodings))[:100]})")
    transfer = [value.strip().lower() for value in headers.get_all("Transfer-Encoding", [])]
    lengths = {one.strip() for value in headers.get_all("Content-Length", []) for one in value.split(",")}
    if transfer:
        if transfer != ["chunked"] or lengths:
            raise StoreFault(f"{url}: the headers declare the length of the answer in conflicting ways")
        return None
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise StoreFault(
            f"{url}: the declared length of the answer, '{length:.40}', is not a number of bytes"
        )
    return int(length)
