"""Stores that fsspec reaches."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path

import pytest

from layerzoo.errors import MissingExtraError, ZooError
from layerzoo.zoo import Entry, LocalZoo
from layerzoo.zoo.get import get
from layerzoo.zoo.push import push
from layerzoo.zoo.stores import StoreFault, open_store
from layerzoo.zoo.stores.remote import RemoteStore, in_time

pytest.importorskip("fsspec", reason="the extra 'remote' is not installed")


def test_there_and_back(entry: Entry, tmp_path: Path) -> None:
    store = open_store("memory://bucket/zoo")
    assert push(entry, store)
    assert not push(entry, store)
    found = get("tiny", LocalZoo(tmp_path / "mine", shipped=None), stores=["memory://bucket/zoo"])
    found.verify()
    assert found.id == entry.id
    assert store.optional("nothing", 9) is None
    with store.open("tiny/1/labels.txt", 16) as pieces:
        assert b"".join(pieces) == b"8\n9\n"


def test_a_protocol_that_nobody_knows_or_has_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZooError, match="Protocol not known: gopher"):
        open_store("gopher://x")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(ZooError, match="Install s3fs"):
        open_store("s3://bucket")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[remote\]"):
        open_store("s3://bucket")


def test_what_a_protocol_raises_becomes_a_fault(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store("memory://broken")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the bucket is on fire")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.put_file", fail)
    with pytest.raises(ZooError, match=r"memory://broken/x can't be written: the bucket is on fire"):
        store.write("x", entry.path / "labels.txt")


def test_protocol_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def never(*_: object, **__: object) -> None:
        ended.wait(20)

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.open", never)
    with pytest.raises(StoreFault, match=r"memory://slow/x: no answer within 0\.1 seconds") as caught:
        RemoteStore("memory://slow", timeout=0.1).small("x", 10)
    ended.set()
    assert caught.value.passing


def test_read_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    class Slow(io.BytesIO):
        def read(self, count: int | None = None) -> bytes:
            ended.wait(20)
            return b""

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.open", lambda *_, **__: Slow())
    with pytest.raises(StoreFault, match=r"no answer within 0\.1 seconds"):
        RemoteStore("memory://slow", timeout=0.1).small("x", 10)
    ended.set()


def test_in_time_returns_or_raises_what_the_work_does() -> None:
    assert in_time(lambda: 7, 10) == 7
    with pytest.raises(ZeroDivisionError):
        in_time(lambda: 1 // 0, 10)
