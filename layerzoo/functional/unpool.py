"""The inverse of max pooling: values move to the places that its mask names."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def unpool(x: torch.Tensor, index: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
    """An image of zeros with each value of ``x`` at its index; of several at one place, the last.

    Each value gets the gradient of its place, also one that another replaced.

    Args:
        x: the values, (N, C, spatial...).
        index: for each value the index of its place in the flattened spatial axes of the result; int64.
        sizes: spatial sizes of the result.
    """
    values, index = x.flatten(2), index.flatten(2)
    places = values.new_zeros(*values.shape[:2], sizes[0] * sizes[1])
    order = torch.arange(values.shape[2], device=x.device).expand_as(index)
    winners = torch.full_like(places, -1, dtype=torch.int64).scatter_reduce(2, index, order, "amax")
    lost = winners.gather(2, index) != order
    kept = values - torch.where(lost, values, 0).detach()
    return places.scatter_add(2, index, kept).view(*places.shape[:2], *sizes)
