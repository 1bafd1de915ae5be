"""Arrays of samples in memory that processes share."""

from __future__ import annotations

import os

import numpy as np
import pytest

from layerzoo.data.sample_store import SampleStore


def test_arrays_come_back_with_type_and_shape() -> None:
    store = SampleStore(3, 1 << 16)
    rows = [
        np.arange(6, dtype=np.uint8).reshape(1, 2, 3),
        np.float32(2.5).reshape(()),
        np.array([-1, 2**40]),
        np.empty((0, 4), np.float64),
    ]
    assert store.get(1) is None
    assert store.put(1, rows)
    found = store.get(1)
    assert found is not None
    for array, row in zip(found, rows, strict=True):
        assert (array.dtype, array.shape, array.tolist()) == (row.dtype, row.shape, row.tolist())
        assert not array.flags.writeable
    assert (store.get(0), store.get(2)) == (None, None)


def test_no_more_than_the_limit_is_stored() -> None:
    store = SampleStore(100, 10_000)
    kept = [store.put(index, [np.full(1000, index, np.uint8)]) for index in range(100)]
    assert 8 <= sum(kept) <= 9
    assert store.used <= 10_000
    assert all((store.get(index) is not None) == kept[index] for index in range(100))


def test_a_type_that_it_does_not_know_is_not_stored() -> None:
    assert not SampleStore(1, 10_000).put(0, [np.zeros(2, np.complex64)])


def test_forked_processes_share_what_is_stored() -> None:
    store = SampleStore(4, 1 << 16)
    store.put(0, [np.array([7])])
    store.share(2)
    for process in range(2):
        in_process(store, process, 1 + process)
    assert [store.get(index)[0].tolist() for index in (1, 2)] == [[8], [9]]  # type: ignore[index]


def test_processes_go_on_in_the_regions_of_earlier_ones() -> None:
    store = SampleStore(5000, 1 << 20)
    store.put(0, [np.array([7])])
    for index in range(1, 4):
        store.share(600)
        in_process(store, 599, index)
    assert [store.get(index)[0].tolist() for index in range(4)] == [[7], [8], [9], [10]]  # type: ignore[index]
    assert len(store._regions) == 601


def in_process(store: SampleStore, process: int, index: int) -> None:
    pid = os.fork()
    if pid == 0:
        store.enter(process)
        known = store.get(0)
        kept = known is not None and store.put(index, [known[0] + index])
        os._exit(0 if kept else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_limit_counts_what_all_processes_store() -> None:
    store = SampleStore(4, 3000)
    store.share(1)
    assert store.put(0, [np.zeros(2000, np.uint8)])
    store.enter(0)
    assert not store.put(1, [np.zeros(2000, np.uint8)])
    assert store.put(2, [np.zeros(100, np.uint8)])


@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_any_number_of_samples(count: int) -> None:
    assert SampleStore(count, 0).used == 0
