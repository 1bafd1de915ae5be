"""Static files on a web server as a store.

The content is not trusted: callers check sizes and hashes against the manifest. This module makes sure that
requests end, that redirects are safe, and that the token is sent to its host only.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final
from urllib.parse import quote, urlsplit

from layerzoo.version import __version__
from layerzoo.zoo.stores.store import CHUNK, Store, StoreFault

TIMEOUT: Final = 30.0
"""Timeout in seconds without data from the server."""
LEAST_RATE: Final = 1000
"""Minimum average rate in bytes per second after that time."""

_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_TROUBLE: Final = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError)
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpStore(Store):
    """Read-only store at a URL.

    Args:
        url: URL of the folder, ``http`` or ``https``.
        token: bearer token, sent to this host only.
        timeout: timeout in seconds without data, or below the minimum rate.
    """

    def __init__(self, url: str, token: str = "", timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self.token, self.timeout = token, timeout
        parts = urlsplit(self.url)
        if token and parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise StoreFault(f"{url}: tokens are sent over https only")
        self._opener = urllib.request.build_opener(_Redirects)

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """Open a file, see `Store.open`."""
        where = f"{self.url}/{quote(path)}"
        headers = {"User-Agent": f"layerzoo/{__version__}", "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        request = urllib.request.Request(where, headers=headers)
        if self.token:
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            answer = self._opener.open(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            with error:
                raise self._fault(where, error.code, str(error.reason)) from None
        except _TROUBLE as error:
            raise StoreFault(f"{where}: {getattr(error, 'reason', None) or error}", passing=True) from error
        with answer:
            skipped = answer.status == http.client.PARTIAL_CONTENT and _starts_at(answer, offset)
            yield self._pieces(answer, 0 if skipped else offset, where)

    def _pieces(self, answer: IO[bytes], skip: int, where: str) -> Iterator[bytes]:
        """Data of a response after the first ``skip`` bytes; a server that is too slow is an error."""
        began, count = time.monotonic(), 0
        length = answer.headers.get("Content-Length", "")  # type: ignore[attr-defined]  # every response has them
        promised = int(length) if length.isdecimal() else 0
        while True:
            try:
                piece = answer.read1(CHUNK)  # type: ignore[attr-defined]  # every response has it
            except _TROUBLE as error:
                raise StoreFault(f"{where}: {error}", passing=True) from error
            if not piece:
                if count < promised:
                    raise StoreFault(f"{where} ended after {count:,} of {promised:,} bytes", passing=True)
                return
            count += len(piece)
            waited = time.monotonic() - began
            if waited > self.timeout and count < waited * LEAST_RATE:
                raise StoreFault(f"{where}: only {count:,} bytes in {waited:.0f} seconds", passing=True)
            rest = piece[skip:]
            skip = max(0, skip - len(piece))
            if rest:
                yield rest

    def _fault(self, where: str, status: int, reason: str) -> StoreFault:
        if status in {401, 403}:
            hint = "the token was rejected" if self.token else "a token is required (token_env in zoo.toml)"
            return StoreFault(f"{where}: {status} {reason}; {hint}")
        return StoreFault(
            f"{where}: {status} {reason}", absent=status in {404, 410}, passing=status in _PASSING
        )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, without the token to other hosts, and never from https to http."""

    max_redirections = 5

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if after.scheme not in {"http", "https"} or (before.scheme, after.scheme) == ("https", "http"):
            raise StoreFault(f"unsafe redirect from {req.full_url} to {newurl}")
        redirected = super().redirect_request(req, fp, code, msg, headers, newurl)
        token = req.unredirected_hdrs.get("Authorization")
        if (
            redirected is not None
            and token
            and (before.scheme, before.netloc) == (after.scheme, after.netloc)
        ):
            redirected.add_unredirected_header("Authorization", token)
        return redirected


def _starts_at(answer: Any, offset: int) -> bool:
    content_range: str = answer.headers.get("Content-Range", "")
    return content_range.startswith(f"bytes {offset}-")
