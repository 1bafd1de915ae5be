"""Choose the predictions with the largest losses, as SSD's ``MineHardExamples`` does."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.functional.boxes import area
from layerzoo.functional.nms import suppress

_SMALLEST = 1e-5
"""Boxes of a smaller area are left out before suppression."""


class Suppression(NamedTuple):
    """The suppression of overlapping boxes before the choice.

    Attributes:
        boxes: the box of each prediction, shape (N, P, 4).
        threshold: largest overlap at which both are kept.
        top_k: the number of predictions that are considered, those with the largest losses; -1: all.
    """

    boxes: Tensor
    threshold: float
    top_k: int


@torch.no_grad()
def hardest(loss: Tensor, eligible: Tensor, number: Tensor, suppression: Suppression | None = None) -> Tensor:
    """The predictions with the largest losses of each image.

    Args:
        loss: loss of each prediction, shape (N, P).
        eligible: the predictions that may be chosen, bool, shape (N, P).
        number: how many to choose in each image, at the most, int64, shape (N).
        suppression: drop predictions whose boxes overlap one with a larger loss; None: don't.

    Returns:
        bool, shape (N, P).
    """
    order = loss.masked_fill(~eligible, -torch.inf).sort(dim=-1, descending=True, stable=True).indices
    chosen = eligible.gather(1, order)
    if suppression is not None:
        boxes, threshold, top_k = suppression
        if top_k >= 0:
            order, chosen = order[:, :top_k], chosen[:, :top_k]
        candidates = chosen & (area(boxes) >= _SMALLEST).gather(1, order)
        ranked = boxes.gather(1, order.unsqueeze(-1).expand(*order.shape, 4))
        chosen = suppress(ranked, threshold, candidates)
    chosen = chosen & (chosen.cumsum(1) <= number.unsqueeze(1))
    return torch.zeros_like(eligible).scatter(1, order, chosen)
