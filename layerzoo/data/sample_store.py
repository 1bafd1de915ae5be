"""Keep arrays of samples in memory that forked processes share."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

from layerzoo.data.samples import Array

_TYPES: Final = (
    "uint8",
    "float32",
    "int64",
    "float64",
    "int32",
    "bool",
    "int8",
    "int16",
    "uint16",
    "float16",
)
_ALIGNED: Final = 64
_PLACE_BITS: Final = 48
"""Bits of the place in a region; those above are the number of the region."""


class SampleStore:
    """Arrays by the index of their sample, in memory that processes forked later read and write too.

    A process writes only into regions of its own, and an entry of the table only after its arrays, so no lock
    is needed. Two processes may store the same sample; either copy is used.

    Args:
        count: number of samples.
        limit: the most bytes that are stored; more samples are not kept.
    """

    def __init__(self, count: int, limit: int) -> None:
        self.limit = limit
        self._table = np.frombuffer(mmap.mmap(-1, max(1, count) * 8), np.int64)
        self._regions: list[mmap.mmap] = []
        self._used = np.frombuffer(mmap.mmap(-1, 8 << (63 - _PLACE_BITS)), np.int64)
        self._own = 0
        self.share(0)

    def share(self, processes: int) -> None:
        """Make room for that many other processes, before they are forked.

        Processes take the regions of earlier ones, which have to have ended.
        """
        # memory is only taken where it is written
        flags = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0x4000)
        while len(self._regions) <= processes:
            self._regions.append(mmap.mmap(-1, max(mmap.PAGESIZE, self.limit), flags))

    def enter(self, process: int) -> None:
        """Write into the region of a process, from 0, from now on; called in it."""
        self._own = process + 1

    @property
    def used(self) -> int:
        """Bytes that are stored, by all processes."""
        return int(self._used[: len(self._regions)].sum())

    def get(self, index: int) -> list[Array] | None:
        """The arrays of a sample, read-only; None if it isn't stored."""
        place = int(self._table[index])
        if not place:
            return None
        memory = memoryview(self._regions[place >> _PLACE_BITS]).toreadonly()
        arrays, at = [], place & ((1 << _PLACE_BITS) - 1)
        (number,) = struct.unpack_from("<q", memory, at)
        at += 8
        for _ in range(number):
            kind, axes = struct.unpack_from("<2q", memory, at)
            shape = struct.unpack_from(f"<{axes}q", memory, at + 16)
            at = _aligned(at + 16 + 8 * axes)
            dtype = np.dtype(_TYPES[kind])
            size = int(np.prod(shape, dtype=np.int64))
            arrays.append(np.frombuffer(memory, dtype, size, at).reshape(shape))
            at += size * dtype.itemsize
        return arrays

    def put(self, index: int, arrays: Sequence[Array]) -> bool:
        """Store the arrays of a sample; False if there is no room left."""
        region, start = self._regions[self._own], int(self._used[self._own]) or 8
        size = 8 + sum(16 + 8 * array.ndim + array.nbytes + _ALIGNED for array in arrays)
        if self.used + size > self.limit or any(array.dtype.name not in _TYPES for array in arrays):
            return False
        struct.pack_into("<q", region, start, len(arrays))
        at = start + 8
        for array in arrays:
            struct.pack_into("<2q", region, at, _TYPES.index(array.dtype.name), array.ndim)
            struct.pack_into(f"<{array.ndim}q", region, at + 16, *array.shape)
            at = _aligned(at + 16 + 8 * array.ndim)
            np.frombuffer(region, array.dtype, array.size, at).reshape(array.shape)[...] = array
            at += array.nbytes
        self._used[self._own] = at
        self._table[index] = (self._own << _PLACE_BITS) + start  # one number, so that no process reads a half
        return True


def _aligned(at: int) -> int:
    return -(-at // _ALIGNED) * _ALIGNED
