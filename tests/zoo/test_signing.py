"""Signatures of entries."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from layerzoo.errors import MissingExtraError, ZooError
from layerzoo.zoo import Entry, LocalZoo, publish
from layerzoo.zoo.get import get
from layerzoo.zoo.push import push
from layerzoo.zoo.signing import TRUSTED, check_signature, make_key, sign
from layerzoo.zoo.stores import open_store

pytest.importorskip("cryptography", reason="the extra 'sign' is not installed")


@pytest.fixture
def home(zoo: LocalZoo, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAYERZOO_HOME", str(zoo.root.parent))
    zoo.root.mkdir(parents=True)
    return zoo.root.parent


@pytest.fixture
def small(zoo: LocalZoo, home: Path) -> Entry:
    return publish("small", {"a": b"1"}, {}, zoo)


def test_signature_is_written_and_checked(small: Entry, home: Path, tmp_path: Path) -> None:
    public = make_key(tmp_path / "key")
    assert public.startswith("layerzoo-public-")
    assert (tmp_path / "key.pub").read_text() == f"{public}\n"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert sign(small, tmp_path / "key") == public
    small.verify()
    assert check_signature(small) is None, "no key is trusted yet"
    with pytest.raises(ZooError, match=r"not in .*trusted_keys; if you trust it, add it there"):
        check_signature(small, required=True)
    (home / TRUSTED).write_text(f"# trusted keys\n{public} Ada Lovelace\n")
    assert check_signature(small, required=True) == "Ada Lovelace"


def test_change_of_any_byte_of_a_signature_is_detected(small: Entry, tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    sign(small, tmp_path / "key")
    path = small.path / "signature.json"
    good = path.read_bytes()
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        path.write_bytes(bad)
        with pytest.raises(ZooError, match=r"signature is invalid|signature\.json is damaged"):
            check_signature(small)


def test_signature_of_another_entry_is_refused(small: Entry, zoo: LocalZoo, tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    sign(small, tmp_path / "key")
    other = publish("other", {"a": b"1"}, {}, zoo)
    (other.path / "signature.json").write_bytes((small.path / "signature.json").read_bytes())
    with pytest.raises(ZooError, match="the signature is invalid"):
        check_signature(other)


def test_unsigned_entry_is_refused_where_signatures_are_required(
    small: Entry, home: Path, tmp_path: Path
) -> None:
    store, mine = str(tmp_path / "store"), LocalZoo(tmp_path / "mine", shipped=None)
    push(small, open_store(store))
    with pytest.raises(ZooError, match="is not signed, but a signature is required"):
        get("small", mine, stores=[store], signed=True)
    assert mine.entries() == []
    public = make_key(tmp_path / "key")
    sign(small, tmp_path / "key")
    assert push(small, open_store(store)), "the signature is new"
    assert not push(small, open_store(store))
    (home / TRUSTED).write_text(f"{public} Ada\n")
    found = get("small", mine, stores=[store], signed=True)
    assert check_signature(found, required=True) == "Ada"
    (home / TRUSTED).write_text("")
    with pytest.raises(ZooError, match=r"not in .*trusted_keys"):
        get("small@1", mine, stores=[store], signed=True)


def test_invalid_key_is_refused(small: Entry, tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    with pytest.raises(ZooError, match="File exists"):
        make_key(tmp_path / "key")
    with pytest.raises(ZooError, match="not a private key"):
        sign(small, tmp_path / "key.pub")
    with pytest.raises(ZooError, match="not a private key"):
        sign(small, tmp_path / "nowhere")
    (small.path / "a").chmod(0o644)
    (small.path / "a").write_bytes(b"2")
    with pytest.raises(ZooError, match="small@1 is damaged"):
        sign(small, tmp_path / "key")


def test_missing_library_fails_only_where_signatures_are_required(
    small: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(tmp_path / "key")
    sign(small, tmp_path / "key")
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.asymmetric", None)
    assert check_signature(small) is None
    with pytest.raises(MissingExtraError, match=r"layerzoo\[sign\]"):
        check_signature(small, required=True)
