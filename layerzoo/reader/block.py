"""Values of records, one after another in memory; used where the reader has written them."""

from __future__ import annotations

import mmap
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.reader import places
from layerzoo.reader.protocol import Part

Bytes = NDArray[np.uint8]


class Block:
    """The values of some records, one after another in memory; read-only.

    A block may use memory that is shared with a reader, which is reused when nothing refers to it any more:
    whoever keeps values copies them.

    Args:
        data: all bytes.
        sizes: those of each value.

    Attributes:
        data, sizes: see above.
        starts: where each value begins in ``data``.
        whole: the block that this one is a part of, if there is one.
        first: index of the first value in it.
        known: what was computed of all values, by who computed it.
    """

    def __init__(self, data: Bytes, sizes: NDArray[np.int64]) -> None:
        self.data, self.sizes = data, sizes
        self.starts = sizes.cumsum() - sizes
        self.whole: Block | None = None  # itself would be a cycle, which is freed late
        self.first = 0
        self.known: dict[str, Any] = {}

    @classmethod
    def of(cls, values: Sequence[Part]) -> Block:
        """A block of copies of values."""
        return cls(np.frombuffer(b"".join(values), np.uint8), np.array([len(v) for v in values], np.int64))

    @classmethod
    def joined(cls, blocks: Sequence[Block]) -> Block:
        """The values of several blocks; a copy, unless there is only one."""
        if len(blocks) == 1:
            return blocks[0]
        sizes = np.concatenate([block.sizes for block in blocks])
        return cls(np.concatenate([block.data for block in blocks]), sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, index: int) -> bytes:
        return self.data[self.starts[index] : self.starts[index] + self.sizes[index]].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        for first, size in zip(self.starts.tolist(), self.sizes.tolist(), strict=True):
            yield self.data[first : first + size].tobytes()

    def part(self, first: int, last: int) -> Block:
        """The values from ``first`` on, before ``last``; no copy."""
        if (first, last) == (0, len(self)):
            return self
        start = self.starts[first]
        sizes = self.sizes[first:last]
        part = Block(self.data[start : start + sizes.sum()], sizes)
        part.whole, part.first = self.whole or self, self.first + first
        return part

    def chosen(self, indices: NDArray[np.int64]) -> Block:
        """A block of copies of the values with these indices."""
        if len(self) and (self.sizes == self.sizes[0]).all():
            rows = self.data.reshape(len(self), self.sizes[0])
            return Block(rows[indices].reshape(-1), self.sizes[indices])
        return Block.of([self[index] for index in indices.tolist()])


class Places:
    """The places of a reader, for its parent.

    Args:
        memory: what they share.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._free = list(range(places.count(memory)))

    def take(self) -> tuple[int, Bytes] | None:
        """The number and the bytes of a place that nothing refers to; None if all are in use.

        It is free again when neither the array nor a view of it exists.
        """
        if not self._free:
            return None
        number = self._free.pop()
        data = np.frombuffer(self._memory, np.uint8, places.SIZE, places.start(number))
        data.flags.writeable = False
        weakref.finalize(data, self._free.append, number).atexit = False
        return number, data
