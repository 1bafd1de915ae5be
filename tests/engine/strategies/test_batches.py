"""Batches that are kept to be run again."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.strategies.batches import Batches
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer { name: "d" type: "DummyData" top: "x"
        dummy_data_param { shape { dim: 3 } data_filler { type: "gaussian" } } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "y" }
"""


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    return Net(parse_net(NET), phase="TRAIN", seed=1)


@pytest.fixture
def reads(net: Net, monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Numbers of the batches that are read."""
    numbers: list[int | None] = []
    fetch = net.fetch
    monkeypatch.setattr(net, "fetch", lambda number=None: numbers.append(number) or fetch(number))
    return numbers


def test_feed_reads_each_pass_of_an_iteration_once(net: Net, reads: list[int | None]) -> None:
    batches = Batches(net, keep=2)
    for number in (0, 1, 1, 0, 0, 2, 3, 2, 0):
        feed = batches.feed(number)
        assert (feed.batch, net.clock.batch) == (number, number)
    assert reads == [0, 1, 2, 3, 0]


def test_feed_of_another_seed_is_another_batch(net: Net, reads: list[int | None]) -> None:
    batches = Batches(net)
    first = batches.feed(0)
    net.clock.seed = 2
    other = batches.feed(0)
    assert reads == [0, 0]
    (index,) = first.blobs
    assert not torch.equal(first.blobs[index], other.blobs[index])


def test_feed_repeats_a_cycle_with_new_random_numbers(net: Net, reads: list[int | None]) -> None:
    batches = Batches(net)
    batches.cycle = 2
    feeds = [batches.feed(number) for number in range(5)]
    assert reads == [0, 1]
    (index,) = feeds[0].blobs
    for number, feed in enumerate(feeds):
        assert torch.equal(feed.blobs[index], feeds[number % 2].blobs[index])
        assert feed.number is not None
        assert (feed.batch, feed.number.item()) == (number, number)


def test_forget_reads_again(net: Net, reads: list[int | None]) -> None:
    batches = Batches(net)
    batches.feed(0)
    batches.forget()
    batches.feed(0)
    assert reads == [0, 0]
