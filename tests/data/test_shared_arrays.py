"""Arrays in memory that processes share."""

from __future__ import annotations

import mmap

import numpy as np

from layerzoo.data.shared_arrays import arrays_in, put_arrays


def test_arrays_come_back_from_a_slot() -> None:
    slot = mmap.mmap(-1, mmap.PAGESIZE)
    arrays = [
        np.arange(5, dtype=np.uint8),
        np.float32(2.5).reshape(()),
        np.array([[-1, 2**40]]),
        np.empty((0, 3)),
    ]
    kinds = put_arrays(arrays, slot)
    assert kinds == [("|u1", (5,)), ("<f4", ()), ("<i8", (1, 2)), ("<f8", (0, 3))]
    for array, expected in zip(arrays_in(kinds, slot), arrays, strict=True):
        assert (array.dtype, array.shape, array.tolist()) == (
            expected.dtype,
            expected.shape,
            expected.tolist(),
        )
        assert np.shares_memory(array, np.frombuffer(slot, np.uint8)) is (array.size > 0)


def test_arrays_that_do_not_fit_are_passed_as_they_are() -> None:
    slot = mmap.mmap(-1, mmap.PAGESIZE)
    arrays = [np.zeros(4096, np.uint8), np.ones(1, np.uint8)]
    assert all(kind is array for kind, array in zip(put_arrays(arrays, slot), arrays, strict=True))
    assert all(one is two for one, two in zip(arrays_in(arrays, slot), arrays, strict=True))
    assert slot[:] == bytes(mmap.PAGESIZE)
