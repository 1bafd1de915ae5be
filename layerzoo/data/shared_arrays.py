"""Arrays one after another in memory that processes share."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from layerzoo.data.samples import Array

_ALIGNED: Final = 64


def arrays_in(kinds: Sequence[Any], slot: mmap.mmap) -> list[Array]:
    """The arrays in a slot, as views of it.

    Args:
        kinds: what `put_arrays` has returned.
        slot: the memory.
    """
    arrays, at = [], 0
    for kind in kinds:
        if isinstance(kind, np.ndarray):
            arrays.append(kind)
            continue
        dtype, shape = np.dtype(kind[0]), kind[1]
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(slot, dtype, count, at).reshape(shape))
        at = _aligned(at + count * dtype.itemsize)
    return arrays


def put_arrays(arrays: Sequence[Array], slot: mmap.mmap) -> list[Any]:
    """Write arrays into a slot.

    Returns:
        dtype and shape of each, or the arrays themselves if they don't fit.
    """
    if sum(_aligned(array.nbytes) for array in arrays) > len(slot):
        return list(arrays)
    kinds, at = [], 0
    for array in arrays:
        np.frombuffer(slot, array.dtype, array.size, at).reshape(array.shape)[...] = array
        kinds.append((array.dtype.str, array.shape))
        at = _aligned(at + array.nbytes)
    return kinds


def _aligned(at: int) -> int:
    return -(-at // _ALIGNED) * _ALIGNED
