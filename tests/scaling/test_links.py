"""The time of an all-reduce; numbers by hand, and against one that is carried out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from layerzoo.errors import UsageError
from layerzoo.scaling.links import AllReduceTime, Cluster, Link, flat, ring, tree

UNIT = Link(1.0, 1.0)


def carried_out(values: list[list[int]]) -> tuple[int, int]:
    """All-reduce around a ring, part by part: the steps, and the parts that each process sends."""
    count, steps = len(values), 0
    for phase in range(2):
        for turn in range(count - 1):
            steps += 1
            sent = [
                (rank, part := (rank - turn + phase) % count, values[rank][part]) for rank in range(count)
            ]
            for rank, part, value in sent:
                target = values[(rank + 1) % count]
                target[part] = value if phase else target[part] + value
    return steps, steps  # a part in each step


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_ring_takes_the_steps_of_one_that_is_carried_out(count: int) -> None:
    values = [[rank + 10 * part for part in range(count)] for rank in range(count)]
    sums = [sum(column) for column in zip(*values, strict=True)]
    steps, parts = carried_out(values)
    assert values == [sums] * count
    assert ring(count, 100 * count, UNIT) == (steps, 100 * parts)


def test_tree_has_a_level_for_each_power_of_two() -> None:
    assert [tree(count, 10, UNIT) for count in (1, 2, 3, 4, 5, 8, 9)] == [
        (0, 0), (2, 20), (4, 20), (4, 20), (6, 20), (6, 20), (8, 20),
    ]  # fmt: skip


def test_flat_is_a_ring_for_much_and_a_tree_for_little() -> None:
    link = Link(1e-6, 1e9)
    assert flat(8, 100_000_000, link) == pytest.approx((14e-6, 0.175))
    assert flat(8, 1000, link) == pytest.approx((6e-6, 2e-6))


def test_all_reduce_of_one_process_takes_no_time() -> None:
    assert Cluster().all_reduce(1 << 30) == AllReduceTime(0, 0, 0)


def test_all_reduce_is_split_between_links() -> None:
    """4 GPUs on 2 machines: 2 x 3 steps of 1 us and 2 of 10 us; 12 GB at 3 GB/s and 1 GB/s."""
    whole = Cluster(4, 2, Link(1e-6, 3e9), Link(1e-5, 1e9)).all_reduce(12_000_000_000)
    assert whole == pytest.approx((26e-6, 2 * 3 / 4 * 4, 12.0))
    assert whole.seconds == pytest.approx(18.000026)


def test_all_reduce_over_machines_of_one_gpu_needs_no_link() -> None:
    assert Cluster(1, 2, None, Link(0, 2.0)).all_reduce(10) == (0, 0, 5)


def test_all_reduce_takes_longer_with_more_processes() -> None:
    link, network = Link(3e-6, 3e11), Link(15e-6, 5e10)
    for size in (4, 1 << 20, 25 << 20):
        times = [Cluster(gpus, 1, link).all_reduce(size).seconds for gpus in range(1, 65)]
        times += [Cluster(64, machines, link, network).all_reduce(size).seconds for machines in range(2, 65)]
        assert all(less <= more for less, more in pairwise(times))


def test_all_reduce_without_a_link_is_a_fault() -> None:
    with pytest.raises(UsageError, match="the link between 2 GPUs is not known"):
        Cluster(2).all_reduce(4)
    with pytest.raises(UsageError, match="the network between 3 machines is not known"):
        Cluster(2, 3, Link(0, 1)).all_reduce(4)
