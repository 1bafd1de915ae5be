"""Match predicted boxes with ground truth, as SSD's ``MatchBBox`` does, for many images at once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.functional.transforms import may_read

_SMALLEST = 1e-6
"""Boxes that overlap by no more don't overlap."""


class Slots(NamedTuple):
    """The ground truth of each group, padded to the same number of boxes.

    Attributes:
        box: index of the box in each slot, shape (groups, M); 0 in an empty slot.
        filled: whether there is one, bool, same shape.
    """

    box: Tensor
    filled: Tensor


class Matches(NamedTuple):
    """The matches of predictions.

    Attributes:
        slot: slot of the box that each prediction is matched with; -1: none, -2: it is left out. Shape
            (groups, P).
        overlap: the highest overlap of each prediction with a box of its group, same shape.
    """

    slot: Tensor
    overlap: Tensor


def slots_of(group: Tensor, valid: Tensor, groups: int) -> Slots:
    """Sort boxes into the slots of their groups, at least one each; this reads their number from the device.

    Args:
        group: group of each box, int64, shape (G).
        valid: whether the box counts, bool, shape (G).
        groups: number of groups.
    """
    group = group.masked_fill(~valid, groups)
    same = group.unsqueeze(0) == group.unsqueeze(1)
    rank = same.tril(-1).sum(-1)  # the number of earlier boxes of the same group
    most = len(group)
    if may_read() and most:
        most = int(torch.where(valid, rank + 1, 0).max())
    most = max(most, 1)
    place = torch.where(valid, group * most + rank, groups * most)
    empty = group.new_zeros(groups * most + 1)
    box = empty.scatter(0, place, torch.arange(len(group), device=group.device))[:-1]
    filled = empty.scatter(0, place, 1)[:-1] > 0
    return Slots(box.view(groups, most), filled.view(groups, most))


def match(overlaps: Tensor, ignored: Tensor | None, threshold: float | None) -> Matches:
    """Match each box with the prediction that overlaps it most, then other predictions with boxes.

    The pair with the highest overlap of a group is matched first; its box and its prediction are then taken.
    Of equal pairs, the one with the first prediction is, then that with the first box.

    Args:
        overlaps: of each slot with each prediction, shape (groups, M, P); 0 in an empty slot.
        ignored: predictions that are left out, bool, shape (groups, P); None: none.
        threshold: the least overlap at which a prediction that is not matched yet is matched with the box
            that it overlaps most; None: it isn't.
    """
    overlaps = torch.where(overlaps > _SMALLEST, overlaps, 0.0)
    groups, most, count = overlaps.shape
    slot = torch.full((groups, count), -1, dtype=torch.int64, device=overlaps.device)
    if ignored is not None:
        overlaps = overlaps.masked_fill(ignored.unsqueeze(1), 0.0)
        slot = slot.masked_fill(ignored, -2)
    if not overlaps.numel():
        return Matches(slot, overlaps.new_zeros(groups, count))
    fixed = not may_read()  # where values can't be read, as many rounds as may be needed
    highest, nearest = overlaps.max(1)
    slots = torch.arange(most, device=overlaps.device)
    left = overlaps
    for _ in range(min(most, count)):
        # a pair that is the best of both its box and its prediction is the next in order for them; there are
        # several such pairs at a time, so a few rounds match all
        best, at = left.max(2)
        mutual = (left.max(1).indices.gather(1, at) == slots) & (best > 0)
        if not fixed and not mutual.any():
            break
        none = torch.zeros_like(left, dtype=torch.uint8)
        taken = none.scatter(2, at.unsqueeze(2), mutual.to(torch.uint8).unsqueeze(2))
        gone = taken.amax(1) > 0
        slot = torch.where(gone, taken.argmax(1), slot)
        left = left.masked_fill(gone.unsqueeze(1) | mutual.unsqueeze(2), 0.0)
    if threshold is not None:
        near = (slot == -1) & (highest > 0) & (highest >= threshold)
        slot = torch.where(near, nearest, slot)
    return Matches(slot, highest)
