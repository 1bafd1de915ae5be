"""A folder of static files behind a web server.

Nothing that comes is believed: sizes and hashes are those of the manifest. Here it is only seen to that a
request ends, goes where it may, and shows its token to nobody else.
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
"""Seconds that a server may be silent."""
LEAST_RATE: Final = 1000
"""Bytes a second that it must give, on average over as many seconds."""

_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_TROUBLE: Final = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError)
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpStore(Store):
    """Reads files below a URL.

    Args:
        url: of the folder, ``http`` or ``https``.
        token: sent as a bearer token, to this host alone.
        timeout: seconds that the server may be silent, and in which it must give some.
    """

    def __init__(self, url: str, token: str = "", timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self.token, self.timeout = token, timeout
        parts = urlsplit(self.url)
        if token and parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise StoreFault(f"{url}: a token is sent by https only")
        self._opener = urllib.request.build_opener(_Redirects)

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """The bytes of a file, see `Store.open`."""
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
        """What the server sends, after the first ``skip`` bytes; gives up on one that trickles."""
        began, count = time.monotonic(), 0
        said = answer.headers.get("Content-Length", "")  # type: ignore[attr-defined]  # every response has them
        promised = int(said) if said.isdecimal() else 0
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
            kept = piece[skip:]
            skip = max(0, skip - len(piece))
            if kept:
                yield kept

    def _fault(self, where: str, status: int, reason: str) -> StoreFault:
        if status in {401, 403}:
            hint = "the token is refused" if self.token else "it needs a token (token_env in zoo.toml)"
            return StoreFault(f"{where}: {status} {reason}; {hint}")
        return StoreFault(
            f"{where}: {status} {reason}", absent=status in {404, 410}, passing=status in _PASSING
        )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """To other hosts too, as content networks do, but without the token, and never from https to http."""

    max_redirections = 5

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if after.scheme not in {"http", "https"} or (before.scheme, after.scheme) == ("https", "http"):
            raise StoreFault(f"{req.full_url} redirects to {newurl}, which is not safe")
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        token = req.unredirected_hdrs.get("Authorization")
        if found is not None and token and (before.scheme, before.netloc) == (after.scheme, after.netloc):
            found.add_unredirected_header("Authorization", token)
        return found


def _starts_at(answer: Any, offset: int) -> bool:
    said: str = answer.headers.get("Content-Range", "")
    return said.startswith(f"bytes {offset}-")
