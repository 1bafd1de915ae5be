"""Losses over distances to classes: what GeneralContrastiveLoss and its relatives share."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import check_batch

Shape = tuple[int, ...]


def distance_loss_shapes(
    bottoms: Sequence[Shape], tops: int, figures: int = 2, weights: str = ""
) -> list[Shape]:
    """Shapes of the tops: the loss, and the mean distances to the own class and to the others.

    Args:
        bottoms: shapes of the distances (N, classes), of N labels, and of a third bottom.
        tops: number of tops.
        figures: number of values of the second top.
        weights: what the third bottom holds one of per item; empty if it holds distances too.

    Raises:
        LayerFault: the shapes don't fit.
    """
    check_batch(bottoms)
    distances, labels = bottoms[:2]
    if len(distances) < 2 or prod(labels) != distances[0]:
        raise LayerFault(
            f"distances of shape {distances} and labels of shape {labels}; expected (N, classes) and (N)",
            bottom=1 if len(distances) > 1 else 0,
        )
    if len(bottoms) > 2:
        size, what = (distances[0], f"one {weights} per item") if weights else (prod(distances), "distances")
        if prod(bottoms[2]) != size:
            raise LayerFault(
                f"a third bottom of shape {bottoms[2]}; expected {what} for distances {distances}", bottom=2
            )
    return [(), (figures,)][: max(1, tops)]


def own_class(x: Tensor, target: Tensor) -> Tensor:
    """A mask of each item's own class.

    Args:
        x: (N, classes).
        target: (N), int64.
    """
    return torch.arange(x.shape[1], device=x.device) == target[:, None]


def first_largest(x: Tensor, dim: int) -> Tensor:
    """A mask of the first of the largest elements along an axis."""
    index = x.detach().argmax(dim, keepdim=True)
    places = torch.arange(x.shape[dim], device=x.device)
    shape = [1] * x.ndim
    shape[dim] = -1
    return places.reshape(shape) == index
