"""Count the forward passes of a compiled net."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from layerzoo.layer.clock import Clock
from layerzoo.net.feed import Feed


class PassCounter(nn.Module):
    """Counts compiled or exported passes, on the device.

    Other passes are counted by ``clock.batch``, which a compiled pass can neither read nor change.

    Args:
        device: the net's device.
    """

    number: Tensor

    def __init__(self, device: str | torch.device) -> None:
        super().__init__()
        zero = torch.zeros((), dtype=torch.int64, device=device)
        self.register_buffer("number", zero, persistent=False)

    def count(self) -> Tensor:
        """The number of this pass, shape (), from 0; increments the counter."""
        number = self.number.clone()
        self.number.add_(1)
        return number


class Fetching(Protocol):
    """The interface of a net that `compiled_feed` uses."""

    clock: Clock
    passes: PassCounter | None
    training: bool

    @property
    def sources(self) -> Sequence[object]:
        """The layers that ``fetch`` runs."""

    def fetch(self) -> Feed:
        """The feed of the pass ``clock.batch``."""


def compiled_feed(net: Fetching) -> Feed:
    """The feed of a compiled pass; data is read outside of the compiled graph."""
    if net.sources:
        return _read(net)
    return Feed(number=net.passes.count() if net.passes is not None and net.training else None)


def _on_host(net: Fetching) -> Feed:
    feed = net.fetch()
    net.clock.batch += 1
    return feed


_WHY = "data layers read on the host; compile a function of net.run(feed, plan) instead"
_read: Callable[[Fetching], Feed] = torch.compiler.disable(_on_host, reason=_WHY)  # type: ignore[no-untyped-call]
