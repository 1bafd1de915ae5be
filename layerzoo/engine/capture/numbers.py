"""The numbers of iterations, as one small tensor on the device that recorded steps read."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.engine.capture.inputs import SLOTS

_BEFORE_RATES = 2


class Numbers:
    """Learning rates and the number of the first of several iterations, in one tensor.

    All else that changes from iteration to iteration is computed from these on the device.

    Args:
        most: number of iterations whose rates there is room for.
        device: where the tensor is.
        iter_size: passes of an iteration.
    """

    def __init__(self, most: int, device: torch.device, iter_size: int = 1) -> None:
        self.iter_size = iter_size
        self._held = torch.zeros(_BEFORE_RATES + most, dtype=torch.float64, device=device)
        # what a copy to a GPU may still read is not written to: a buffer is used again when it is free
        pinned = device.type == "cuda"
        self._written = [torch.zeros_like(self._held, device="cpu", pin_memory=pinned) for _ in range(SLOTS)]

    def write(self, slot: int, first: int, rates: Sequence[float]) -> None:
        """Copy the numbers of the next iterations to the device, without waiting for it.

        Args:
            slot: which of the buffers of inputs they read, from 0.
            first: number of the first iteration, from 0.
            rates: their learning rates.
        """
        written = self._written[slot]
        for place, value in enumerate((slot, first, *rates)):
            written[place] = value
        self._held.copy_(written, non_blocking=True)

    def slot(self) -> Tensor:
        """The buffer of inputs; int64, shape (1,)."""
        return self._held[:1].long()

    def rate(self, place: int) -> Tensor:
        """The learning rate of an iteration, counted from the first; float32, shape ()."""
        return self._held[_BEFORE_RATES + place].float()

    def iteration(self, place: int) -> Tensor:
        """The number of an iteration; float64, shape ()."""
        return self._held[1] + place

    def number(self, place: int, part: int) -> Tensor:
        """The number of a pass; int64, shape ()."""
        return (self.iteration(place) * self.iter_size + part).long()
