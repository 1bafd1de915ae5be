"""Count the forward passes of a compiled net."""

from __future__ import annotations

from collections.abc import Sequence
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
        # imported here: torch's compiler takes as long to import as the rest of torch
        from layerzoo.net.host_feed import host_feed

        return host_feed(net)
    return Feed(number=net.passes.count() if net.passes is not None and net.training else None)
