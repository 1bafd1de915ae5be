"""The store that a URL means."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.zoo.stores import StoreFault, open_store
from layerzoo.zoo.stores.folder import FolderStore
from layerzoo.zoo.stores.http import HttpStore


def test_open_store_takes_http_and_https() -> None:
    for url in ("http://example.org/zoo", "https://example.org/zoo", "HTTPS://example.org/zoo"):
        store = open_store(url)
        assert isinstance(store, HttpStore)
        assert store.url == url
    assert open_store("https://example.org", "secret").token == "secret"  # type: ignore[attr-defined]
    with pytest.raises(StoreFault, match="tokens are sent over https only"):
        open_store("http://example.org", "secret")


def test_open_store_takes_folders_and_file_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    named = {
        str(tmp_path): tmp_path,
        "models": Path("models"),
        "~/models": tmp_path / "models",
        "file:///srv/my%20zoo": Path("/srv/my zoo"),
    }
    for url, folder in named.items():
        store = open_store(url)
        assert isinstance(store, FolderStore)
        assert store.folder == folder


def test_open_store_asks_fsspec_for_other_protocols() -> None:
    pytest.importorskip("fsspec", reason="the extra 'remote' is not installed")
    from layerzoo.zoo.stores.remote import RemoteStore

    store = open_store("memory://bucket/zoo/")
    assert isinstance(store, RemoteStore)
    assert store.url == "memory://bucket/zoo"
