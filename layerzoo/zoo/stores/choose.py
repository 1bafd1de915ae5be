"""Which store a URL means."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from layerzoo.zoo.stores.folder import FolderStore
from layerzoo.zoo.stores.store import Store


def open_store(url: str, token: str = "") -> Store:
    """The store at a URL, or in a folder.

    Raises:
        MissingExtraError: it needs a library that is not installed.
        StoreFault: the URL can't be used.
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
