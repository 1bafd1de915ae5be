"""The prediction of an iteration; numbers by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from layerzoo.scaling import AllReduceTime, Cluster, LayerCost, Link, Training, predict

MIB = 1 << 20
NET = [LayerCost("below", 1.0, 2.0, (4 * MIB,)), LayerCost("above", 3.0, 4.0, (2 * MIB, 4))]
"""The upper layer's gradients are finished after 8 seconds, 2 MiB fill a bucket; all else after 10."""


def two(latency: float, bandwidth: float) -> Cluster:
    """Two GPUs: an all-reduce has two steps, and each GPU sends all bytes once."""
    return Cluster(2, 1, Link(latency, bandwidth))


def test_two_buckets_are_sent_while_the_pass_goes_on() -> None:
    """At 1 MiB/s and 0.125 s a step: 8 to 10.25, then 10.25 to 14.5 (and 4 bytes), and 0.25 for the loss."""
    found = predict(NET, two(0.125, MIB), 32, update=0.5)
    four = 4 / MIB
    assert found.buckets == 2
    assert found.all_reduce == pytest.approx(AllReduceTime(0.75, 6 + 2 * four, 0))
    assert found.waiting == pytest.approx(4.5 + 0.25 + 2 * four)
    assert found.computation == 10.5
    assert found.seconds == pytest.approx(15.25 + 2 * four)
    assert found.efficiency == pytest.approx(10.5 / 15.25, rel=1e-5)
    assert found.speedup == pytest.approx(21 / 15.25, rel=1e-5)
    assert found.samples_a_second == pytest.approx(64 / 15.25, rel=1e-5)
    assert found.bottleneck == "link"


def test_bucket_waits_for_its_gradients() -> None:
    """At 2 MiB/s: 8 to 9, then from 10 on, though the link is free before."""
    found = predict(NET, two(0, 2 * MIB), 32)
    assert found.waiting == pytest.approx(2, abs=1e-5)


def test_all_reduces_after_the_pass_are_all_waited_for() -> None:
    found = predict(NET, two(0.125, MIB), 32, overlapped=False)
    assert found.waiting == pytest.approx(found.all_reduce.seconds)
    assert found.waiting == pytest.approx(6.75, abs=1e-4)


def test_one_process_waits_for_nothing() -> None:
    found = predict(NET, Cluster(), 32)
    assert found.all_reduce.seconds == found.waiting == 0
    assert (found.seconds, found.efficiency, found.speedup) == (10, 1, 1)
    assert found.bottleneck == "computation"


def test_infinitely_fast_link_has_an_efficiency_of_one() -> None:
    found = predict(NET, Cluster(8, 4, Link(0, float("inf")), Link(0, float("inf"))), 1)
    assert (found.efficiency, found.speedup, found.samples_a_second) == (1, 32, 3.2)


def test_efficiency_falls_with_more_processes() -> None:
    link, network = Link(0.001, 4 * MIB), Link(0.01, MIB)
    clusters = [Cluster(gpus, 1, link) for gpus in (1, 2, 3, 4, 8)]
    clusters += [Cluster(8, machines, link, network) for machines in (2, 3, 16)]
    shares = [predict(NET, cluster, 1).efficiency for cluster in clusters]
    assert all(less < more for more, less in pairwise(shares))


@pytest.mark.parametrize(
    ("cluster", "bottleneck"),
    [
        (two(5, 100 * MIB), "latency"),
        (two(0, MIB), "link"),
        (Cluster(2, 2, Link(0, 50 * MIB), Link(0, MIB)), "network"),
        (two(0.01, 1000 * MIB), "computation"),
    ],
)
def test_bottleneck_is_what_takes_most(cluster: Cluster, bottleneck: str) -> None:
    assert predict(NET, cluster, 1).bottleneck == bottleneck


def test_net_that_takes_no_time_has_no_rate() -> None:
    found = predict([], Cluster(), 1)
    assert (found.efficiency, found.samples_a_second) == (1, float("inf"))


def test_passes_of_an_iteration_average_gradients_once() -> None:
    """Three passes of 10 s; the gradients of the last one are finished after 28 and 30 s."""
    once, found = (predict(NET, two(0.125, MIB), 32, training=Training(passes=n)) for n in (1, 3))
    assert found.computation == 30
    assert found.batch_size == 96
    assert found.waiting == pytest.approx(once.waiting)
    assert found.all_reduce == once.all_reduce


def test_compressed_gradients_take_half_of_the_time() -> None:
    found = predict(NET, two(0.125, MIB), 32, training=Training(share=0.5))
    assert found.all_reduce == pytest.approx(AllReduceTime(0.75, 3 + 6 / MIB, 0))
    assert found.buckets == 2


def test_buckets_are_as_large_as_the_solver_says() -> None:
    """With 2 bytes each gradient is a bucket."""
    assert predict(NET, two(0, MIB), 32, training=Training(bucket_bytes=2)).buckets == 3
    late = predict(NET, two(0.125, MIB), 32, training=Training(overlapped=False))
    assert late.waiting == pytest.approx(late.all_reduce.seconds)


def test_weights_are_averaged_after_some_iterations() -> None:
    """6 MiB and 4 bytes in 6.25 seconds, a fifth in each iteration, and 0.25 for the loss."""
    found = predict(NET, two(0.125, MIB), 32, update=0.5, training=Training(every=5))
    assert found.computation == 10.5
    assert found.waiting == pytest.approx(6.25 / 5 + 0.25, abs=1e-4)
    assert (found.buckets, found.batch_size) == (1, 32)
