"""Passes that leave a net as it was before them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter

import torch

from layerzoo.net import Net


@contextmanager
def restored(net: Net) -> Iterator[None]:
    """A block that leaves buffers, statistics and torch's random streams as they were before it."""
    statistics = [
        attrgetter(own.name)(layer)
        for layer in net.ordered_layers()
        for own in layer.own_params
        if not own.learns
    ]
    buffers = [
        (module._buffers, name, buffer)
        for module in net.modules()
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    written = [*(blob.detach() for blob in statistics), *(buffer for _, _, buffer in buffers)]
    before = [tensor.clone() for tensor in written]
    devices = [net.device] if net.device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        for held, name, buffer in buffers:
            held[name] = buffer  # a layer may have put another in its place
        for tensor, value in zip(written, before, strict=True):
            tensor.copy_(value)
