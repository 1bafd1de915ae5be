"""What layers say of themselves so that several can run as one operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Filters(NamedTuple):
    """A convolution over two spatial axes: filters of one bottom.

    Attributes:
        weight: (outputs, channels / group, height, width).
        bias: (outputs), or None.
        stride, pad, dilation: for each spatial axis.
        group: number of groups of channels.
        sides: zeros that are added to the bottom before: left, right, top, bottom; empty for none.
    """

    weight: Tensor
    bias: Tensor | None
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    group: int
    sides: tuple[int, ...] = ()

    @property
    def is_product(self) -> bool:
        """Whether it is a matrix product of channels for each pixel."""
        ones = {*self.weight.shape[2:], *self.stride, self.group}
        return ones == {1} and not any((*self.pad, *self.sides))


class ChannelMap(NamedTuple):
    """``y = scale * x + offset`` for each channel, the elements of axis 1.

    Attributes:
        scale: (C); None is 1.
        offset: (C); None is 0.
    """

    scale: Tensor | None
    offset: Tensor | None


class Activation(NamedTuple):
    """A function of single elements that torch's oneDNN kernels append to a convolution.

    Attributes:
        name: as ``torch.ops.mkldnn._convolution_pointwise`` has it: ``relu``, ``leaky_relu``.
        numbers: its arguments.
        overwrite: applies it to a tensor in place; returns the tensor.
    """

    name: str
    numbers: tuple[float, ...]
    overwrite: Callable[[Tensor], Tensor]


class Joined(NamedTuple):
    """A layer and some that follow it as one operation.

    Attributes:
        call: computes the top of the last from the bottoms of the first.
        taken: number of layers that follow and are part of it.
        fresh: the top is new memory that the backward pass doesn't read (`LayerFacts.fresh_top`).
    """

    call: Callable[..., Tensor]
    taken: int
    fresh: bool = False


class RunningSums:
    """Updates of running sums, ``total = fraction * total + value``, made together at the end of a pass."""

    def __init__(self) -> None:
        self._due: dict[float, tuple[list[Tensor], list[Tensor]]] = {}

    def add(self, fraction: float, totals: Sequence[Tensor], values: Sequence[Tensor]) -> None:
        """Note an update; each total at most once in a pass."""
        due, new = self._due.setdefault(fraction, ([], []))
        due += totals
        new += values

    def apply(self) -> None:
        """Make the updates."""
        if self._due:
            self._apply()

    @torch.no_grad()
    def _apply(self) -> None:
        due, self._due = self._due, {}
        for fraction, (totals, values) in due.items():
            torch._foreach_mul_(totals, fraction)
            torch._foreach_add_(totals, values)
