"""Non-maximum suppression of boxes, for many images and classes at once.

Source: SSD's ``ApplyNMSFast``.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerzoo.functional.boxes import pairwise_overlap
from layerzoo.functional.constants import constant
from layerzoo.functional.exported_nms import Measure, suppress_exported
from layerzoo.functional.transforms import may_read

_BLOCK = 256
"""The number of boxes of a group whose overlaps with the others are computed at once."""

_OVERLAPS_AT_ONCE = 2**23
"""The number of overlaps held in memory at once, unless one group has more; further groups follow."""


class Kept(NamedTuple):
    """The boxes of each group by falling score, and which of them are kept.

    Attributes:
        order: indices of boxes, int64, shape (..., K): the K candidates of each group by falling score. A
            group with fewer candidates than K is filled with other indices, which are not kept.
        mask: bool, shape (..., K): whether each is kept.
    """

    order: Tensor
    mask: Tensor


@torch.no_grad()
def nms(
    boxes: Tensor,
    scores: Tensor,
    threshold: float,
    *,
    above: float | None = None,
    top_k: int = -1,
    eta: float = 1.0,
    extra: float = 0.0,
) -> Kept:
    """Keep the boxes that no box of the same group with a higher score overlaps by more than a threshold.

    A group is what is suppressed together: the boxes of one class in one image. Boxes are visited by falling
    score, among equal ones by rising index; a box is kept unless its overlap with a kept one is above the
    threshold.

    Args:
        boxes: shape (..., P, 4).
        scores: shape (..., P); the leading axes number the groups, and those of ``boxes`` broadcast to them.
        threshold: the largest overlap (intersection over union) at which a box is kept.
        above: candidates are the boxes with a score above this; None: all.
        top_k: the number of candidates of each group, those with the highest scores; -1: all.
        eta: factor of the threshold after each kept box, while the threshold is above 0.5.
        extra: added to width and height of boxes; see `layerzoo.functional.boxes.sides`.
    """
    total = most = scores.shape[-1]
    candidates = ~scores.isnan() if above is None else scores > above
    if above is not None and scores.numel() and may_read():
        most = int(candidates.sum(-1).max())  # one host read saves most of the work
    scores = scores.masked_fill(~candidates, -torch.inf)
    if 4 * most < total:
        # all candidates are among the best; sorted by index, so that equal scores go by it
        few = scores.topk(most, sorted=False).indices.sort(dim=-1).values
        order = few.gather(-1, _falling(scores.gather(-1, few)))
    else:
        order = _falling(scores)[..., :most]
    order = order if top_k < 0 else order[..., :top_k]
    chosen = boxes.expand(*scores.shape, 4).gather(-2, order.unsqueeze(-1).expand(*order.shape, 4))
    candidates = candidates.gather(-1, order)
    mask = suppress(chosen, threshold, candidates, eta=eta, extra=extra)
    return Kept(order, mask)


def _falling(scores: Tensor) -> Tensor:
    """Indices by falling score, among equal ones by rising index."""
    return scores.sort(dim=-1, descending=True, stable=True).indices


@torch.no_grad()
def suppress(
    boxes: Tensor,
    threshold: float,
    candidates: Tensor | None = None,
    *,
    eta: float = 1.0,
    extra: float = 0.0,
    measure: Measure = pairwise_overlap,
) -> Tensor:
    """Which boxes to keep, of boxes that are already ordered by falling score; see `nms`.

    Args:
        boxes: shape (..., K, 4), the best of each group first.
        threshold: the largest overlap at which a box is kept.
        candidates: bool, shape (..., K): the boxes that may be kept and suppress others; None: all.
        eta: factor of the threshold after each kept box, while the threshold is above 0.5.
        extra: added to width and height of boxes.
        measure: the overlap of each box with each other; takes the arguments of `pairwise_overlap`.

    Returns:
        bool, shape (..., K).
    """
    *groups, count, _ = boxes.shape
    number = prod(groups)
    flat = boxes.reshape(number, count, 4)
    if candidates is None:
        allowed = torch.ones(number, count, dtype=torch.bool, device=boxes.device)
    else:
        allowed = candidates.expand(*groups, count).reshape(number, count)
    if not allowed.numel():
        return allowed.reshape(*groups, count)
    thresholds = _limits(threshold, eta, count)
    if torch.compiler.is_exporting():
        return suppress_exported(flat, allowed, thresholds, extra, measure).reshape(*groups, count)
    limits = constant(tuple(thresholds), boxes.dtype, boxes.device)
    at_once = max(1, _OVERLAPS_AT_ONCE // (count * min(_BLOCK, count)))
    parts = zip(torch.split(flat, at_once), torch.split(allowed, at_once), strict=True)
    return torch.cat([_suppress(*part, limits, extra, measure) for part in parts]).reshape(*groups, count)


def _suppress(
    boxes: Tensor,
    allowed: Tensor,
    limits: Tensor,
    extra: float,
    measure: Measure,
) -> Tensor:
    """`suppress` for boxes of shape (groups, K, 4), a block of boxes after the other."""
    count = boxes.shape[1]
    # the highest overlap of each box, from this block on, with a kept one of the blocks before; -1 without
    worst = boxes.new_full(allowed.shape, -1.0)
    before = allowed.new_zeros((len(allowed), 1), dtype=torch.int64)
    masks = []
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        own, mine = boxes[:, start : start + size], allowed[:, start : start + size]
        kept = _block(measure(own, own, extra).triu(1), worst[:, :size], mine, before, limits)
        masks.append(kept)
        before = before + kept.sum(-1, keepdim=True)
        if start + size < count:
            later = _highest(own, kept, boxes[:, start + size :], extra, measure)
            worst = torch.maximum(worst[:, size:], later)
    return torch.cat(masks, -1)


def _highest(boxes: Tensor, kept: Tensor, later: Tensor, extra: float, measure: Measure) -> Tensor:
    """The highest overlap of each later box with a kept one, shape (groups, later boxes)."""
    if may_read():  # few are kept as a rule: only these are compared
        most = int(kept.sum(-1).max())
        first = kept.to(torch.uint8).sort(dim=-1, descending=True, stable=True).indices[:, : max(most, 1)]
        boxes, kept = boxes.take_along_dim(first.unsqueeze(-1), 1), kept.gather(1, first)
    return measure(boxes, later, extra).masked_fill(~kept.unsqueeze(-1), -1.0).amax(-2)


def _block(overlaps: Tensor, worst: Tensor, allowed: Tensor, before: Tensor, limits: Tensor) -> Tensor:
    """Which boxes of a block are kept.

    Whether a box is kept depends only on those before it. So applying the rule to all at once makes at least
    one more box final each time, and what no longer changes is the result; a few rounds are enough.

    Args:
        overlaps: of each box with each later one of the block, else 0; shape (groups, K, K).
        worst: highest overlap of each box with a kept one of earlier blocks, shape (groups, K).
        allowed: the candidates, shape (groups, K).
        before: number of boxes that each group kept in earlier blocks, shape (groups, 1).
        limits: the threshold after each number of kept boxes.
    """
    kept = allowed
    fixed = not may_read()  # where values can't be read, as many rounds as may be needed
    above = (~(overlaps <= limits[0])).triu(1).to(worst.dtype) if len(limits) == 1 else None
    free = allowed & (worst <= limits[0])
    for _ in range(allowed.shape[1] + 1):
        if above is not None:  # one threshold for all: a product tells which boxes a kept one overlaps
            again = free & (torch.bmm(kept.to(worst.dtype).unsqueeze(1), above).squeeze(1) == 0)
        else:
            counts = before + kept.cumsum(-1) - kept.long()
            limit = limits[counts.clamp(max=len(limits) - 1)]
            highest = torch.maximum(overlaps.masked_fill(~kept.unsqueeze(-1), -1.0).amax(-2), worst)
            again = allowed & (highest <= limit)
        if not fixed and torch.equal(again, kept):
            break
        kept = again
    return kept


def _limits(threshold: float, eta: float, count: int) -> list[float]:
    """The threshold after 0, 1, 2 … kept boxes, in single precision; the last holds for all that follow."""
    limits = [np.float32(threshold)]
    while eta < 1 and limits[-1] > 0.5 and len(limits) < count:
        limits.append(limits[-1] * np.float32(eta))
    return [float(limit) for limit in limits]
