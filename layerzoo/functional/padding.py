"""Padding along any axis: zeros, or elements of the blob itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F


def extended(x: torch.Tensor, begin: Sequence[int], end: Sequence[int], value: float) -> torch.Tensor:
    """A blob with elements of one value added; ``begin`` and ``end`` have a number for each axis."""
    return F.pad(x, border(begin, end), value=value)


def border(begin: Sequence[int], end: Sequence[int]) -> tuple[int, ...]:
    """Numbers of elements before and behind each axis in torch's order: the last axis first."""
    return tuple(count for pair in zip(reversed(begin), reversed(end), strict=True) for count in pair)


def reflected(x: torch.Tensor, axis: int, begin: int, end: int) -> torch.Tensor:
    """A blob with the elements beyond both edges of an axis mirrored; at most ``size - 1`` of them.

    Unlike torch's own padding it takes any axis, and its gradient is deterministic on a GPU.
    """
    size = x.shape[axis]
    front, back = x.narrow(axis, 1, begin), x.narrow(axis, size - 1 - end, end)
    return torch.cat((front.flip(axis), x, back.flip(axis)), axis)


def replicated(x: torch.Tensor, axis: int, begin: int, end: int) -> torch.Tensor:
    """A blob with the elements at both edges of an axis repeated."""
    front, back = x.narrow(axis, 0, 1), x.narrow(axis, x.shape[axis] - 1, 1)
    shape = x.shape
    sides = [
        one.expand(*shape[:axis], count, *shape[axis + 1 :]) for one, count in ((front, begin), (back, end))
    ]
    return torch.cat((sides[0], x, sides[1]), axis)


def wrapped(x: torch.Tensor, axis: int, begin: int, end: int) -> torch.Tensor:
    """A blob with an axis continued at both edges by the elements at the other; at most ``size`` of them."""
    size = x.shape[axis]
    return torch.cat((x.narrow(axis, size - begin, begin), x, x.narrow(axis, 0, end)), axis)
