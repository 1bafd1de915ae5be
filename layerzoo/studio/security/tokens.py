"""Tokens of programs that use the API."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

from layerzoo.atomic import atomic_path
from layerzoo.errors import UsageError
from layerzoo.studio.routing import NotFoundError, User
from layerzoo.studio.routing.call import Role
from layerzoo.studio.routing.record import read, written

_FILE: Final = "tokens.json"
_NAME: Final = re.compile(r"[\w.@-]{1,64}")
_MOST: Final = 100


@dataclass
class Token:
    """A token, without its text, which only its user knows.

    Attributes:
        name: what it is called.
        role: what it allows.
        created: when, in seconds since 1970.
        digest: SHA-256 of the text.
    """

    name: str
    role: Role
    created: float
    digest: str


class Tokens:
    """The tokens of a studio's folder.

    Args:
        folder: the studio's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._lock = threading.Lock()

    def all(self) -> list[Token]:
        """The tokens, the oldest first; none if the file is damaged."""
        with suppress(OSError, ValueError, UsageError):
            return read(list[Token], json.loads(self._path.read_text()))
        return []

    def add(self, name: str, role: Role) -> str:
        """Make a token; returns its text, which is kept nowhere.

        Raises:
            UsageError: the name can't be used.
        """
        with self._lock:
            known = self.all()
            if not _NAME.fullmatch(name) or any(one.name == name for one in known) or len(known) >= _MOST:
                raise UsageError(
                    f"{name!r} can't be a token's name; expected up to 64 letters, digits and ._@- that no "
                    f"other token has, and at most {_MOST} tokens"
                )
            text = f"lz_{token_urlsafe(24)}"
            self._write([*known, Token(name, role, time.time(), _digest(text))])
            return text

    def remove(self, name: str) -> None:
        """Let a token be valid no longer.

        Raises:
            NotFoundError: there is no such token.
        """
        with self._lock:
            known = self.all()
            kept = [one for one in known if one.name != name]
            if len(kept) == len(known):
                raise NotFoundError(f"no token {name!r}")
            self._write(kept)

    def user(self, text: str) -> User | None:
        """The user whom a token stands for."""
        digest = _digest(text)
        for one in self.all():
            if hmac.compare_digest(one.digest, digest):
                return User(one.name, one.role)
        return None

    def _write(self, tokens: list[Token]) -> None:
        with atomic_path(self._path) as temporary:
            temporary.touch(0o600)
            temporary.write_text(json.dumps(written(tokens)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
