"""The inverse of max pooling: values move to the places that its mask names."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch


def unpool(
    x: torch.Tensor, index: torch.Tensor, sizes: Sequence[int], to_replaced: bool = True
) -> torch.Tensor:
    """An image of zeros with each value of ``x`` at its index; of several at one place, the last.

    Args:
        x: the values, (N, C, spatial...).
        index: for each value the index of its place in the flattened spatial axes of the result, int64; one
            below 0 has none.
        sizes: spatial sizes of the result.
        to_replaced: a value that another replaced gets the gradient of its place too; else it gets none,
            which is the derivative.
    """
    values, index = x.flatten(2), index.flatten(2)
    places = values.new_zeros(*values.shape[:2], prod(sizes))
    order = torch.where(index < 0, -2, torch.arange(values.shape[2], device=x.device))
    index = index.clamp(min=0)
    winners = torch.full_like(places, -1, dtype=torch.int64).scatter_reduce(2, index, order, "amax")
    lost = winners.gather(2, index) != order
    kept = values - torch.where(lost, values, 0).detach() if to_replaced else torch.where(lost, 0, values)
    return places.scatter_add(2, index, kept).view(*places.shape[:2], *sizes)
