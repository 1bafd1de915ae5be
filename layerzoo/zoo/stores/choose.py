"""Choose the store class for a URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from layerzoo.zoo.stores.folder import FolderStore
from layerzoo.zoo.stores.store import Store


def open_store(url: str, token: str = "") -> Store:
    """Open the store at a URL or in a folder.

    Raises:
        MissingExtraError: a required library is not installed.
        StoreFault: the URL is invalid.
    """
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"}:
        from layerzoo.zoo.stores.http import HttpStore

        return HttpStore(url, token)
    if parts.scheme == "file":
        return FolderStore(Path(unquote(parts.path)))
    if "://" in url:
        from layerzoo.zoo.stores.remote import RemoteStore

        return RemoteStore(url, token)
    return FolderStore(Path(url).expanduser())
