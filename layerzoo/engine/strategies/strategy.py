"""The interface of strategies to run a pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from layerzoo.engine.gradient_sync import GradientSync
from layerzoo.engine.observers.observer import Observer
from layerzoo.net import Feed, Net

Output = tuple[Tensor, list[Tensor]]
"""The loss of a pass, detached, and the net's outputs in the order of ``graph.outputs``; on the device."""


class Strategy(Protocol):
    """Runs the passes of the training net, and of test nets.

    Attributes:
        net: the training net.
    """

    @property
    def net(self) -> Net: ...  # noqa: D102

    def begin(self) -> None:
        """An iteration begins; its gradients are not zero yet."""

    def run(
        self, number: int, sync: GradientSync, last: bool, scale: float, watching: Sequence[Observer]
    ) -> Output:
        """Run one forward and backward pass; its gradients are added to ``param.grad``.

        Args:
            number: number of the pass, which determines its batch.
            sync: computes the gradients.
            last: no further pass adds to these gradients.
            scale: factor on the gradient of the loss.
            watching: observers of single layers; without any the strategy need not run layer by layer.
        """

    def end(self) -> None:
        """The gradients of an iteration are complete."""

    def fetch_again(self, number: int) -> Feed:
        """The feed of an earlier pass; since then no pass may have been run outside the engine."""

    def loss(self, number: int) -> Tensor:
        """The loss of a forward pass, without gradients."""

    def test(self, net: Net, batch: int) -> list[Tensor]:
        """The outputs of a test net on the batch of a number, in the order of ``graph.outputs``."""
