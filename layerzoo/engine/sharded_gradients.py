"""The gradients of a sharded net: each process holds its part of their means over all processes."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from layerzoo.engine.gradient_sync import GradientSync, Output, run_net
from layerzoo.engine.leaves import leaves_under
from layerzoo.engine.sharding import Shards
from layerzoo.errors import UsageError
from layerzoo.net import Feed
from layerzoo.ranks import peer_errors
from layerzoo.subnet.subnet_layer import SubnetLayer

T = TypeVar("T")


class ShardedGradients(GradientSync):
    """Gradients that are averaged into parts layer by layer, while the backward pass goes on.

    With several sub-passes, the parts of each are added up: whole gradients are never kept.

    Args:
        shards: the parts of the params.
    """

    def __init__(self, shards: Shards) -> None:
        shards.freeze()
        super().__init__(shards.net, shards.ranks)
        self.shards = shards
        self.params = [part for part in shards.params if part.requires_grad]
        self._is_checked = False
        layers = self.net.ordered_layers()
        self._varies = any(isinstance(layer, SubnetLayer) for layer in layers)

    def zero(self) -> None:
        """Drop all gradients; those of params without parts are zeros, which all processes average."""
        for part, param in self.shards.pairs:
            part.grad = param.grad = None
        for param in self.shards.others:
            param.grad = torch.zeros_like(param) if param.requires_grad else None

    def forward(self, feed: Feed, last: bool = True) -> Output:
        """Run the net on a batch.

        Raises:
            UsageError: other params are under the loss than in another process.
        """
        output = self.shards.run(lambda: run_net(self.net, feed), differentiated=True)
        if self._varies or not self._is_checked:
            self._check(output[0])
        return output

    def backward(self, loss: Tensor, seed: Tensor | None = None) -> None:
        """Add the parts of a loss's gradients to those of torch's params."""
        with peer_errors(among_others=True):
            super().backward(loss, seed)

    def run(self, call: Callable[[], T]) -> T:
        """Call a function that runs the net or a test net without a backward pass."""
        return self.shards.run(call)

    def finish(self, loss: Tensor) -> None:
        """Take the parts, and average the loss, and gradients of params without parts."""
        for part, param in self.shards.pairs:
            part.grad = None if param.grad is None else param.grad.to_local()
        self.ranks.average([*(p.grad for p in self.shards.others if p.grad is not None), loss])

    @property
    def held(self) -> list[nn.Parameter]:
        """The parts of the params."""
        return self.shards.params

    def agreed(self, finite: bool) -> bool:
        """Whether the gradients are finite in every process, each of which has its part."""
        return not self.ranks.bitwise_or(not finite)

    def _check(self, loss: Tensor) -> None:
        """Raise unless the same params are under the loss of each process; they are averaged in order."""
        self._is_checked = True
        shapes = sorted(str(tuple(leaf.shape)) for leaf in leaves_under(loss))
        found = self.ranks.table([zlib.crc32(" ".join(shapes).encode())])
        if any(row != found[0] for row in found):
            raise UsageError(
                f"net '{self.net.name}': the params under the loss depend on the samples of a process, "
                "so that they can't be sharded; remove sharding from distributed_param"
            )
