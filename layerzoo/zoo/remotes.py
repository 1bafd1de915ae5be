"""Configured stores: ``<home>/zoo.toml``, ``LAYERZOO_STORES``, or the command line.

::

    [stores.team]
    urls = ["https://models.example.org/zoo", "s3://models/zoo"]  # mirrors of each other
    token_env = "TEAM_TOKEN"   # the variable that holds the token; never the token itself
    signed = true              # accept signed entries only
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import UsageError
from layerzoo.home import home
from layerzoo.zoo.stores import Store, open_store

CONFIG: Final = "zoo.toml"
VARIABLE: Final = "LAYERZOO_STORES"
OFFLINE: Final = "LAYERZOO_OFFLINE"

_KEYS: Final = frozenset({"urls", "url", "token_env", "signed"})


@dataclass(frozen=True)
class Remote:
    """A named store and its mirrors.

    Attributes:
        name: name in messages.
        urls: URLs of the mirrors.
        token_env: environment variable that holds the token.
        signed: accept signed entries only.
    """

    name: str
    urls: tuple[str, ...]
    token_env: str = ""
    signed: bool = False

    def stores(self) -> list[Store]:
        """The store at each URL."""
        token = os.environ.get(self.token_env, "") if self.token_env else ""
        return [open_store(url, token) for url in self.urls]


def remotes(given: Sequence[str] = ()) -> list[Remote]:
    """The stores to use: the given ones, else those of the environment, else those of the user's file.

    Args:
        given: names of configured stores, or URLs.

    Raises:
        UsageError: the file is invalid.
    """
    configured = {remote.name: remote for remote in _configured(home() / CONFIG)}
    if given:
        return [configured.get(one) or Remote(one, (one,)) for one in given]
    named = [url for url in os.environ.get(VARIABLE, "").split(",") if url.strip()]
    return [configured.get(url.strip()) or Remote(url.strip(), (url.strip(),)) for url in named] or list(
        configured.values()
    )


def offline() -> bool:
    """Whether downloads are disabled by ``LAYERZOO_OFFLINE``."""
    return os.environ.get(OFFLINE, "").lower() not in {"", "0", "false", "no"}


def _configured(path: Path) -> list[Remote]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: can't be read: {error}") from None
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None
    stores = found.get("stores", {})
    if not isinstance(stores, dict):
        raise UsageError(f"{path}: 'stores' is not a table; expected [stores.NAME]")
    return [_remote(name, table, path) for name, table in stores.items()]


def _remote(name: str, table: Any, path: Path) -> Remote:
    where = f"{path}: [stores.{name}]"
    if not isinstance(table, dict) or table.keys() - _KEYS:
        raise UsageError(
            f"{where}: not a table, or with unknown keys; allowed keys: {', '.join(sorted(_KEYS))}"
        )
    urls = table.get("urls", [table["url"]] if "url" in table else [])
    if not (isinstance(urls, list) and urls and all(isinstance(url, str) for url in urls)):
        raise UsageError(f"{where}: urls is missing or not a list of strings")
    token_env, signed = table.get("token_env", ""), table.get("signed", False)
    if not isinstance(token_env, str) or not isinstance(signed, bool):
        raise UsageError(f"{where}: token_env must be a string, signed true or false")
    return Remote(name, tuple(urls), token_env, signed)
