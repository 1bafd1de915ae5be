"""The feed of a compiled pass counts the pass; the compiler's message names what to compile instead."""

import pytest
import torch

from layerzoo.layer.clock import Clock
from layerzoo.net.feed import Feed
from layerzoo.net.host_feed import host_feed


class _Net:
    def __init__(self) -> None:
        self.clock = Clock(batch=4)
        self.feeds: list[int] = []

    def fetch(self) -> Feed:
        self.feeds.append(self.clock.batch)
        return Feed()


def test_host_feed_fetches_the_pass_and_counts_it() -> None:
    net = _Net()
    host_feed(net)
    host_feed(net)
    assert net.feeds == [4, 5]
    assert net.clock.batch == 6


def test_host_feed_stays_out_of_a_compiled_graph() -> None:
    net = _Net()

    def step(x: torch.Tensor) -> torch.Tensor:
        host_feed(net)
        return x + 1

    with pytest.raises(torch._dynamo.exc.Unsupported, match=r"compile a function of net\.run"):
        torch.compile(step, backend="eager", fullgraph=True)(torch.ones(2))
