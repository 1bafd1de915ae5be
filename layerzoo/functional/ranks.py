"""Ranks of numbers within groups, computed for all groups at once."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def ranks_within_groups(values: Tensor, groups: Tensor) -> Tensor:
    """The place of each number in its group, from 0 for the largest; of equal ones the first leads.

    Args:
        values: shape (N,).
        groups: the group of each, any whole number, int64, shape (N,).

    Returns:
        int64, shape (N,).
    """
    falling = values.sort(dim=0, descending=True, stable=True).indices
    by_group = groups[falling].sort(dim=0, stable=True)
    places = torch.arange(len(values), device=values.device)
    first = torch.searchsorted(by_group.values, by_group.values)
    ranks = torch.empty_like(places)
    return ranks.scatter(0, falling[by_group.indices], places - first)
