"""Positions of a net's data layers in their data, for programs that run their own passes."""

from __future__ import annotations

from layerzoo.data import DataLayer
from layerzoo.net import Net


class Cursor:
    """The batch that each data layer of a net reads next.

    A batch counts as read when a pass runs its layer, be it a pass of the training loop, of a test, or of a
    program that runs a part of the net. Caffe counts in the same way.

    Args:
        net: the net; its clock and data layers are set before each pass.

    Attributes:
        passes: number of the next forward pass, which determines its random numbers.
    """

    def __init__(self, net: Net) -> None:
        self.passes = 0
        self._clock = net.clock
        layers = enumerate(net.ordered_layers())
        self._layers = {index: layer for index, layer in layers if isinstance(layer, DataLayer)}
        self._next = dict.fromkeys(self._layers, 0)

    @property
    def batches(self) -> list[int]:
        """The number of the next batch of each data layer."""
        return list(self._next.values())

    def advance(self, start: int = 0, end: int | None = None) -> None:
        """Prepare a pass from layer ``start`` to ``end``: each data layer there reads its next batch."""
        self._clock.batch = self.passes
        self.passes += 1
        for index, layer in self._layers.items():
            if start <= index and (end is None or index <= end):
                layer.first_batch = self._clock.batch - self._next[index]
                self._next[index] += 1

    def move_to(self, batch: int) -> None:
        """Continue with the pass and the batches of this number."""
        self.passes = batch
        self._next = dict.fromkeys(self._next, batch)

    def restart(self, index: int) -> None:
        """Move the data layer of this index back to its first batch."""
        self._next[index] = 0
