"""The order in which ``get`` searches the local zoo, the stores and the catalogue of classics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo import get as module
from layerzoo.zoo.get import get
from layerzoo.zoo.pins import pin
from layerzoo.zoo.push import push
from layerzoo.zoo.stores import open_store


@pytest.fixture(autouse=True)
def no_stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Configure no store and no offline mode."""
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "settings"))
    for variable in ("LAYERZOO_STORES", "LAYERZOO_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def away(tmp_path: Path) -> Callable[[bytes], str]:
    """Publish the next version of ``small`` in a store and return the store."""
    theirs = LocalZoo(tmp_path / "theirs", shipped=None)

    def publish_there(data: bytes) -> str:
        push(publish("small", {"w.bin": data}, {}, theirs), open_store(str(tmp_path / "store")))
        return str(tmp_path / "store")

    return publish_there


def content(entry: Entry) -> bytes:
    return entry.file("w.bin").read_bytes()


def test_get_without_a_revision_asks_the_stores_for_the_newest(
    away: Callable[[bytes], str], zoo: LocalZoo
) -> None:
    store = away(b"first")
    assert content(get("small", zoo, stores=[store])) == b"first"
    away(b"second")
    assert content(get("small@1", zoo, stores=[store])) == b"first"
    found = get("small", zoo, stores=[store])
    assert (found.version, content(found)) == (2, b"second")


def test_get_of_a_local_revision_connects_to_no_store(zoo: LocalZoo) -> None:
    own = publish("small", {"w.bin": b"own"}, {}, zoo)
    for revision in ("1", own.id, own.id[:8], f"sha256:{own.id}"):
        assert get(f"small@{revision}", zoo, stores=["/nowhere"]).path == own.path
    with pytest.raises(ZooError, match="no store responds: /nowhere"):
        get("small", zoo, stores=["/nowhere"])


def test_get_uses_the_pinned_revision(
    away: Callable[[bytes], str], zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = away(b"first")
    monkeypatch.chdir(tmp_path)
    pin(zoo.pins, get("small", zoo, stores=[store]))
    away(b"second")
    assert content(get("small", zoo, stores=[store])) == b"first"
    assert content(get("small@2", zoo, stores=[store])) == b"second"


def test_get_without_stores_uses_local_entries_or_gives_the_reason(
    zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = publish("small", {"w.bin": b"own"}, {}, zoo)
    assert get("small", zoo).path == own.path
    with pytest.raises(ZooError, match=r"no zoo entry 'other'.*no store is configured"):
        get("other", zoo)
    monkeypatch.setenv("LAYERZOO_OFFLINE", "1")
    assert get("small", zoo, stores=["/nowhere"]).path == own.path
    with pytest.raises(ZooError, match=r"no zoo entry 'other'.*LAYERZOO_OFFLINE is set"):
        get("other", zoo, stores=["/nowhere"])


def test_get_falls_back_to_the_classics(
    away: Callable[[bytes], str], zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    entry = publish("made", {"w.bin": b"classic"}, {}, zoo)
    monkeypatch.setattr(module, "get_classic", lambda classic, *_: asked.append(classic.name) or entry)
    store = away(b"first")
    assert get("alexnet", zoo) is entry
    assert get("alexnet", zoo, stores=[store]) is entry
    assert asked == ["alexnet", "alexnet"]
    for address, signed in (("alexnet@1", False), ("alexnet", True)):
        with pytest.raises(ZooError, match="alexnet"):
            get(address, zoo, stores=[store], signed=signed)
    monkeypatch.setenv("LAYERZOO_OFFLINE", "1")
    with pytest.raises(ZooError, match="LAYERZOO_OFFLINE is set"):
        get("alexnet", zoo)
    assert asked == ["alexnet", "alexnet"]


def test_get_refuses_an_unsigned_entry_if_a_signature_is_required(
    away: Callable[[bytes], str], zoo: LocalZoo
) -> None:
    publish("small", {"w.bin": b"own"}, {}, zoo)
    with pytest.raises(ZooError, match="sign"):
        get("small@1", zoo, signed=True)
