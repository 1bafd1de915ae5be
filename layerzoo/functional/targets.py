"""Labels and targets of boxes that train: which objects they show, and a random sample of them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.functional.boxes import pairwise_overlap
from layerzoo.functional.ranks import ranks_within_groups


class Matches(NamedTuple):
    """The object of each box.

    Attributes:
        object: index of the object that the box overlaps most, int64, shape (P,); 0 if there are no objects.
        overlap: that overlap, shape (P,); 0 if there are no objects.
        overlaps: all overlaps, shape (P, G) with at least one column.
        boxes: the object's box, x1, y1, x2, y2; shape (P, 4).
        label: the object's class, shape (P,); 0 if there are no objects.
    """

    object: Tensor
    overlap: Tensor
    overlaps: Tensor
    boxes: Tensor
    label: Tensor


def matches(boxes: Tensor, objects: Tensor) -> Matches:
    """The object that each box overlaps most, the first of equal ones.

    Args:
        boxes: shape (P, 4), in pixels that belong to the box.
        objects: x1, y1, x2, y2 and class of each, shape (G, 5).
    """
    if not len(objects):
        objects = objects.new_zeros(1, 5)
        overlaps = boxes.new_zeros(len(boxes), 1)
    else:
        overlaps = pairwise_overlap(boxes, objects[:, :4], extra=1.0)
    overlap, index = overlaps.max(-1)
    best = objects[index]
    return Matches(index, overlap, overlaps, best[:, :4], best[:, 4])


def sample(kinds: Tensor, keys: Tensor, first: int, total: int) -> Tensor:
    """A random sample of boxes of two kinds.

    Args:
        kinds: 1 for the first kind, 0 for the second, anything else for boxes that are left out; shape (P,).
        keys: random numbers, shape (P,).
        first: the number of boxes of the first kind at most.
        total: the number of boxes of both kinds at most.

    Returns:
        whether each box is in the sample, bool, shape (P,).
    """
    ranks = ranks_within_groups(keys, kinds.long())
    ones = (kinds == 1) & (ranks < first)
    return ones | ((kinds == 0) & (ranks < total - ones.sum()))


def spread_over_classes(targets: Tensor, column: Tensor, classes: int) -> Tensor:
    """Four numbers of each box in the columns of its class, zeros in the others.

    Args:
        targets: shape (P, 4).
        column: class of each box, int64, shape (P,); 0 gives zeros only.
        classes: number of classes.

    Returns:
        shape (P, 4 x classes).
    """
    every = torch.arange(classes, device=column.device)
    own = (column.unsqueeze(-1) == every) & (column > 0).unsqueeze(-1)
    return torch.where(own.unsqueeze(-1), targets.unsqueeze(1), 0).flatten(1)
