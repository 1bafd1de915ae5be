"""What all stores have in common."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from layerzoo.errors import ZooError
from layerzoo.zoo.stores.store import CHUNK, Store, StoreFault, pieces_of


class Memory(Store):
    """A store of one file, ``there``; ``busy`` fails for now."""

    url = "memory"

    def __init__(self, data: bytes) -> None:
        self.data = data

    @contextmanager
    def open(self, path: str, offset: int = 0) -> Iterator[Iterator[bytes]]:
        if path == "busy":
            raise StoreFault("busy", passing=True)
        if path != "there":
            raise StoreFault(f"{path} is missing", absent=True)
        yield iter([self.data[offset : offset + 4], self.data[offset + 4 :]])


def test_small_reads_up_to_its_limit() -> None:
    store = Memory(b"0123456789")
    assert store.small("there", 10) == b"0123456789"
    with pytest.raises(StoreFault, match=r"memory: 'there' is larger than the limit of 9 bytes") as caught:
        store.small("there", 9)
    assert not caught.value.absent
    assert not caught.value.passing


def test_optional_is_none_for_an_absent_file_alone() -> None:
    store = Memory(b"0123456789")
    assert store.optional("there", 10) == b"0123456789"
    assert store.optional("other", 10) is None
    with pytest.raises(StoreFault, match="busy"):
        store.optional("busy", 10)
    with pytest.raises(StoreFault, match="larger than the limit of 1 bytes"):
        store.optional("there", 1)


def test_write_is_refused_by_default(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match="memory"):
        Memory(b"").write("there", tmp_path)


def test_exclusively_locks_nothing_by_default() -> None:
    store = Memory(b"")
    with store.exclusively(), store.exclusively():
        assert store.small("there", 0) == b""


def test_pieces_of_a_file_are_chunks() -> None:
    data = bytes(range(256)) * (CHUNK // 128)
    pieces = list(pieces_of(io.BytesIO(data + b"x"), "here"))
    assert [len(piece) for piece in pieces] == [CHUNK, CHUNK, 1]
    assert b"".join(pieces) == data + b"x"


def test_pieces_of_a_file_that_fails_are_a_passing_fault() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise RuntimeError("connection lost")

    with pytest.raises(StoreFault, match="here: connection lost") as caught:
        list(pieces_of(Broken(), "here"))
    assert caught.value.passing
    assert isinstance(caught.value, ZooError)
