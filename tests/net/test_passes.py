"""The count of compiled passes, and the feed that they start from."""

from __future__ import annotations

import torch

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.passes import PassCounter, compiled_feed

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
DROPOUT = 'layer { name: "drop" type: "Dropout" bottom: "x" top: "y" }'
DATA = """layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 dim: 3 }
  data_filler { type: "gaussian" } } }"""


def test_count_is_the_number_of_the_pass() -> None:
    counter = PassCounter("cpu")
    first, second = counter.count(), counter.count()
    assert (first.item(), second.item(), counter.number.item()) == (0, 1, 2)
    assert first.dtype == torch.int64
    assert first.shape == ()
    counter.count()
    assert second.item() == 1, "a number of its own, which later passes don't change"


def test_pass_counter_is_not_saved() -> None:
    counter = PassCounter("cpu")
    assert not counter.state_dict()
    assert [name for name, _ in counter.named_buffers()] == ["number"]


def test_compiled_feed_counts_passes_of_a_random_net_in_training() -> None:
    n = Net(parse_net(INPUT + DROPOUT), phase="TRAIN")
    numbers = [compiled_feed(n).number for _ in range(2)]
    assert [None if number is None else number.item() for number in numbers] == [0, 1]
    assert n.clock.batch == 0, "only on the device"
    n.eval()
    assert compiled_feed(n).number is None
    assert n.passes is not None
    assert n.passes.number.item() == 2, "not counted"


def test_compiled_feed_of_a_net_without_random_layers_is_empty() -> None:
    feed = compiled_feed(Net(parse_net(INPUT), phase="TRAIN"))
    assert (dict(feed.blobs), feed.number) == ({}, None)


def test_compiled_feed_reads_data_and_counts_on_the_clock() -> None:
    n = Net(parse_net(DATA + DROPOUT), phase="TRAIN")
    x = n.graph.last["x"].index
    wanted = [n.fetch(batch).blobs[x] for batch in (4, 5)]
    n.clock.batch = 4
    for batch in wanted:
        feed = compiled_feed(n)
        assert torch.equal(feed.blobs[x], batch)
    assert n.clock.batch == 6
    assert feed.number is not None
    assert feed.number.item() == 5
