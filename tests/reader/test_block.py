"""Values of records in one piece of memory."""

from __future__ import annotations

import mmap
import os

import numpy as np
import pytest

from layerzoo.reader import places
from layerzoo.reader.block import Block, Places

VALUES = [b"ab", b"", b"cde", b"f"]


def test_block_holds_its_values() -> None:
    block = Block.of(VALUES)
    assert list(block) == VALUES
    assert [block[index] for index in range(len(block))] == VALUES
    assert block.starts.tolist() == [0, 2, 2, 5]


@pytest.mark.parametrize(("first", "last"), [(0, 4), (1, 3), (2, 4), (0, 1), (2, 2)])
def test_part_uses_the_same_memory(first: int, last: int) -> None:
    block = Block.of(VALUES)
    part = block.part(first, last)
    assert list(part) == VALUES[first:last]
    assert not part.data.size or np.shares_memory(part.data, block.data)
    again = part.part(0, len(part))
    assert (again.whole or again, again.first) in ((block, first), (block, 0))


@pytest.mark.parametrize("values", [VALUES, [b"ab", b"cd", b"ef", b"gh"], [b""] * 4])
def test_chosen_values_are_copies_in_any_order(values: list[bytes]) -> None:
    block = Block.of(values)
    chosen = block.chosen(np.array([3, 0, 0, 2]))
    assert list(chosen) == [values[3], values[0], values[0], values[2]]
    assert not np.shares_memory(chosen.data, block.data)


def test_joined_gives_the_values_of_all() -> None:
    block = Block.of(VALUES)
    assert list(Block.joined([block.part(2, 4), block, Block.of([b"g"])])) == [*VALUES[2:], *VALUES, b"g"]
    assert Block.joined([block]) is block


def test_place_is_free_again_when_no_view_of_it_is_left() -> None:
    descriptor = places.shared_file()
    memory = mmap.mmap(descriptor, 0)
    os.close(descriptor)
    free = Places(memory)
    taken = [free.take() for _ in range(places.count(memory))]
    assert free.take() is None
    number, data = taken.pop(1) or (-1, np.empty(0, np.uint8))
    assert not data.flags.writeable
    block = Block(data[:6], np.array([2, 4]))
    view = block.part(1, 2).data.reshape(2, 2)[1:]
    del data, block
    assert free.take() is None
    places.place(memory, number)[4:6] = b"xy"
    assert view.tobytes() == b"xy"
    del view
    again = free.take()
    assert again is not None
    assert again[0] == number
