"""Memory that a reader shares with its parent."""

from __future__ import annotations

import mmap
import os
import struct

import pytest

from layerzoo.reader import places


@pytest.fixture
def memory() -> mmap.mmap:
    descriptor = places.shared_file()
    memory = mmap.mmap(descriptor, 0)
    os.close(descriptor)
    return memory


def test_places_do_not_overlap_the_item(memory: mmap.mmap) -> None:
    number = places.count(memory)
    assert number > 2
    for each in range(number):
        places.place(memory, each)[:] = bytes([each + 1]) * places.SIZE
    assert places.item(memory) == 0
    places.ITEM.pack_into(memory, 0, 1 << 40)
    assert places.item(memory) == 1 << 40
    for each in range(number):
        whole = places.place(memory, each)
        assert (whole[0], whole[-1], len(whole)) == (each + 1, each + 1, places.SIZE)


def test_shared_file_can_not_be_cut() -> None:
    descriptor = places.shared_file()
    with pytest.raises(PermissionError):
        os.ftruncate(descriptor, 8)
    os.close(descriptor)


def test_without_files_in_memory_there_are_no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    descriptor = places.shared_file()
    memory = mmap.mmap(descriptor, 0)
    os.close(descriptor)
    assert places.count(memory) == 0
    memory[:8] = struct.pack("<q", 7)
    assert places.item(memory) == 7
