"""Read the feed of a compiled pass on the host; importing this module imports torch's compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from layerzoo.layer.clock import Clock
from layerzoo.net.feed import Feed


class FeedSource(Protocol):
    """The interface of a net that `host_feed` uses."""

    clock: Clock

    def fetch(self) -> Feed:
        """The feed of the pass ``clock.batch``."""


def _on_host(net: FeedSource) -> Feed:
    feed = net.fetch()
    net.clock.batch += 1
    return feed


_WHY = "data layers read on the host; compile a function of net.run(feed, plan) instead"
host_feed: Callable[[FeedSource], Feed] = torch.compiler.disable(_on_host, reason=_WHY)  # type: ignore[no-untyped-call]
"""Fetch the feed of the next pass; a compiler leaves it out of its graph."""
