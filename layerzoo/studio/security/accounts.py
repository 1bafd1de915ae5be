"""Accounts of several users: a file of names, roles and hashed passwords."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from secrets import token_bytes
from typing import Final

from layerzoo.errors import UsageError
from layerzoo.regular_file import open_text
from layerzoo.studio.routing import User
from layerzoo.studio.routing.call import RANKS, Role

_N, _R, _P = 1 << 14, 8, 1
"""scrypt's cost: 16 MiB and about 50 ms a password."""
_TRIES: Final = 10
_PAUSE_S: Final = 60.0
_LINE: Final = re.compile(
    r"(?P<name>[\w.@-]{1,64}):(?P<role>\w+):scrypt\$(?P<salt>[\w+/=]+)\$(?P<hash>[\w+/=]+)"
)


class Accounts:
    """The users of a file whose lines are ``NAME:ROLE:HASH``.

    Attributes:
        users: role and hash by name.
    """

    def __init__(self, users: Mapping[str, tuple[Role, str]]) -> None:
        self.users = dict(users)
        self._failures: list[float] = []

    @classmethod
    def load(cls, path: Path) -> Accounts:
        """Read a file of accounts; blank lines and lines that begin with # are skipped.

        Raises:
            UsageError: a line is no account, or the file has none.
            OSError: it can't be read.
        """
        users: dict[str, tuple[Role, str]] = {}
        with open_text(path, "strict") as file:
            for number, line in enumerate(file, 1):
                text = line.strip()
                if not text or text.startswith("#"):
                    continue
                match = _LINE.fullmatch(text)
                if match is None or match["role"] not in RANKS:
                    raise UsageError(
                        f"{path}:{number}: expected NAME:ROLE:HASH, with a role of {', '.join(RANKS)}; "
                        "`layerzoo studio -hash NAME:ROLE` asks for a password and prints such a line"
                    )
                users[match["name"]] = match["role"], text.rpartition(":")[2]
        if not users:
            raise UsageError(f"{path}: no accounts; `layerzoo studio -hash NAME:ROLE` prints a line for it")
        return cls(users)

    def user(self, name: str, password: str) -> User | None:
        """The user of a name and password; as slow for an unknown name as for a wrong password."""
        role, known = self.users.get(name, ("view", hashed("", b"no such user....")))
        right = _matches(password, known)
        if right and name in self.users:
            return User(name, role)
        self._failures.append(time.monotonic())
        return None

    def is_paused(self) -> bool:
        """Whether passwords are not looked at for a while, since too many were wrong."""
        since = time.monotonic() - _PAUSE_S
        self._failures = [one for one in self._failures if one > since]
        return len(self._failures) >= _TRIES

    def role(self, name: str) -> Role | None:
        """The role of a user, None if there is no such user (any more)."""
        found = self.users.get(name)
        return None if found is None else found[0]


def hashed(password: str, salt: bytes | None = None) -> str:
    """The hash of a password, ``scrypt$SALT$HASH``."""
    salt = token_bytes(16) if salt is None else salt
    key = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return f"scrypt${b64encode(salt).decode()}${b64encode(key).decode()}"


def _matches(password: str, known: str) -> bool:
    _, salt, _ = known.split("$")
    return hmac.compare_digest(hashed(password, b64decode(salt)), known)
