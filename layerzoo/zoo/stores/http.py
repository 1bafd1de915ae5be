"""Static files on a web server as a store.

The content is not trusted: callers check sizes and hashes against the manifest. This module makes sure that
requests end, that redirects are safe, and that the token is sent to its host only.
"""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote, urlsplit

from layerzoo.version import __version__
from layerzoo.zoo.stores.http_request import LOCAL, Answer, get
from layerzoo.zoo.stores.store import CHUNK, Store, StoreFault

TIMEOUT: Final = 30.0
"""Time limit in seconds for all headers of a request together, and for each part of the body."""
LEAST_RATE: Final = 1000
"""Minimum average rate of the body in bytes per second, over each period of that length."""

_TROUBLE: Final = (http.client.HTTPException, OSError, ValueError)
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")


class HttpStore(Store):
    """Read-only store at a URL.

    Args:
        url: URL of the folder, ``http`` or ``https``.
        token: bearer token, sent to this host only.
        timeout: time limit for the headers, and for the body to stall or to stay below the minimum rate.
    """

    def __init__(self, url: str, token: str = "", timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self.token, self.timeout = token, timeout
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError as error:
            raise StoreFault(f"{url}: {error}") from None
        if not parts.hostname or port == 0:
            raise StoreFault(f"{url}: not the URL of a web server")
        if token and parts.scheme != "https" and parts.hostname not in LOCAL:
            raise StoreFault(f"{url}: tokens are sent over https only")

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """Open a file, see `Store.open`."""
        where = f"{self.url}/{quote(path)}"
        answer = self._ask(where, offset)
        try:
            skip = self._skipped(answer, offset)
            if skip is None and offset:  # a server that answers with another range may do without ranges
                answer.close()
                answer = self._ask(where, 0)
                skip = self._skipped(answer, 0)
                skip = None if skip is None else skip + offset
            if skip is None:
                raise StoreFault(f"{where}: the answer holds another range of bytes than requested")
            if answer.status not in {http.client.OK, http.client.PARTIAL_CONTENT}:
                raise self._fault(where, answer.status, answer.reason)
            yield self._pieces(answer, skip, where)
        finally:
            answer.close()

    def _ask(self, where: str, offset: int) -> Answer:
        headers = {"User-Agent": f"layerzoo/{__version__}", "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        try:
            return get(where, headers, self.token, self.timeout)
        except _TROUBLE as error:
            raise StoreFault(f"{where}: {_text(error)}", passing=True) from error

    def _skipped(self, answer: Answer, offset: int) -> int | None:
        """How many bytes of the body lie before ``offset``; None if it does not contain that place."""
        if answer.status != http.client.PARTIAL_CONTENT:
            return offset
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        start, end = (int(match[1]), int(match[2])) if match else (offset + 1, 0)
        fits = answer.length is None or answer.length == end - start + 1
        return offset - start if start <= offset <= end and fits else None

    def _pieces(self, answer: Answer, skip: int, where: str) -> Iterator[bytes]:
        """Data of an answer after the first ``skip`` bytes; a server that is too slow is an error."""
        count = recent = 0
        began = time.monotonic()
        while True:
            try:
                piece = answer.read(CHUNK, self.timeout)
            except _TROUBLE as error:
                raise StoreFault(f"{where}: {_text(error)}", passing=True) from error
            if not piece:
                if answer.length is not None and count < answer.length:
                    raise StoreFault(
                        f"{where} ended after {count:,} of {answer.length:,} bytes", passing=True
                    )
                return
            count, recent = count + len(piece), recent + len(piece)
            waited = time.monotonic() - began
            if waited > self.timeout:
                if recent < waited * LEAST_RATE:
                    raise StoreFault(f"{where}: only {recent:,} bytes in {waited:.0f} seconds", passing=True)
                began, recent = time.monotonic(), 0
            rest = piece[skip:]
            skip = max(0, skip - len(piece))
            if rest:
                yield rest

    def _fault(self, where: str, status: int, reason: str) -> StoreFault:
        if status in {401, 403}:
            hint = "the token was rejected" if self.token else "a token is required (token_env in zoo.toml)"
            return StoreFault(f"{where}: {status} {reason}; {hint}")
        return StoreFault(
            f"{where}: {status} {reason}",
            absent=status in {404, 410},
            passing=status in _PASSING,
            beyond=status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE,
        )


def _text(error: Exception) -> str:
    """The message of an exception; some of ``http.client`` have only a class."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:500]
