"""Run the whole net under autograd."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.engine.gradient_sync import GradientSync
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.engine.strategies.batches import Batches
from layerzoo.engine.strategies.layer_by_layer import run_layers
from layerzoo.engine.strategies.strategy import Output
from layerzoo.net import Feed, Net


class WholeNet:
    """Fetches a batch, runs the net on it, and the backward pass under autograd.

    Args:
        net: the training net.
        keep: number of passes whose batches are kept, so that they can be repeated without reading data.

    Attributes:
        batches: the batches of the training net.
    """

    def __init__(self, net: Net, keep: int = 1) -> None:
        self.net = net
        self.batches = Batches(net, keep)

    def begin(self) -> None:
        """Do nothing."""

    def run(
        self, number: int, sync: GradientSync, last: bool, scale: float, watching: Sequence[Observer]
    ) -> Output:
        """Run one forward and backward pass; see `Strategy.run`."""
        net, feed = self.net, self.batches.feed(number)
        if watching:
            return run_layers(Layerwise(net), scale, watching, feed)
        loss, values = sync.forward(feed, last)
        sync.backward(loss, None if scale == 1 else torch.full_like(loss, scale))
        if last:
            net.keep_outputs(values)
        return loss.detach(), [values[blob.index].detach() for blob in net.graph.outputs]  # type: ignore[union-attr]

    def end(self) -> None:
        """Do nothing."""

    def fetch_again(self, number: int) -> Feed:
        """The feed of an earlier pass."""
        return self.batches.feed(number)

    def loss(self, number: int) -> Tensor:
        """The loss of a forward pass, without gradients."""
        net, feed = self.net, self.batches.feed(number)
        with torch.no_grad():
            return net.loss(net.run(feed, net.outputs_only))

    def test(self, net: Net, batch: int) -> list[Tensor]:
        """The outputs of a test net on the batch of a number."""
        return test_step(net, batch)


def test_step(net: Net, batch: int) -> list[Tensor]:
    """The outputs of a net on the batch of a number, in the order of ``graph.outputs``, on the device."""
    feed = net.fetch(batch)
    with torch.inference_mode():
        values = net.run(feed, net.outputs_only)
        net.keep_outputs(values)
    return [values[blob.index] for blob in net.graph.outputs]  # type: ignore[misc]
