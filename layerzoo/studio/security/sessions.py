"""Tokens and the cookies that stand for them."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from typing import Final

from layerzoo.atomic import atomic_path
from layerzoo.studio.routing import User
from layerzoo.studio.routing.call import RANKS

_DAYS: Final = 7
LIFETIME: Final = _DAYS * 24 * 3600
"""Seconds for which a cookie is valid."""
_SECRET: Final = "secret"
_SECRET_BYTES: Final = 32


class Sessions:
    """Checks tokens and signs cookies.

    A cookie is signed with a secret that stays the same over starts, so that a page that is open goes on when
    the studio is started again. The token of the printed address is new with each start.

    Args:
        folder: the studio's folder; the secret's file in it is readable by its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self.token = token_urlsafe(24)
        self._secret = _secret(folder)

    def owner(self, token: str) -> User | None:
        """The machine's owner, if the token is that of the printed address."""
        if hmac.compare_digest(token.encode(), self.token.encode()):
            return User("", "admin")
        return None

    def cookie(self, user: User, now: float | None = None) -> str:
        """A cookie's value for a user."""
        until = int((time.time() if now is None else now) + LIFETIME)
        body = f"{until}.{user.role}.{_encoded(user.name.encode())}"
        return f"{body}.{self._signed(body)}"

    def user(self, cookie: str, now: float | None = None) -> User | None:
        """The user of a cookie; None if it is forged, damaged or too old."""
        body, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signed(body).encode()):
            return None
        until, role, name = body.split(".")
        if int(until) < (time.time() if now is None else now):
            return None
        assert role in RANKS  # signed
        return User(urlsafe_b64decode(name).decode(), role, self._signed(f"csrf.{cookie}"))

    def _signed(self, text: str) -> str:
        return _encoded(hmac.new(self._secret, text.encode(), hashlib.sha256).digest()).rstrip("=")


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


def _secret(folder: Path) -> bytes:
    """The secret of the folder; a new one if there is none."""
    path = folder / _SECRET
    with suppress(OSError):
        found = path.read_bytes()
        if len(found) == _SECRET_BYTES:
            return found
    made = token_bytes(_SECRET_BYTES)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made)
    return made
