"""Anchors of region proposal networks, R-CNN's encoding of boxes, and the choice of proposals.

Boxes are in pixels of the input image, and their corners are pixels that belong to them: a box is
``x2 - x1 + 1`` wide. Functions work on the device of their arguments, over all anchors and images at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerzoo.functional.boxes import pairwise_overlap
from layerzoo.functional.nms import suppress

RATIOS: Final = (0.5, 1.0, 2.0)
"""Heights of Faster R-CNN's anchors in units of their widths."""
SCALES: Final = (8.0, 16.0, 32.0)
"""Sides of Faster R-CNN's anchors in units of the base size."""


class Proposals(NamedTuple):
    """Boxes that were chosen, image by image, each image's by falling score.

    Attributes:
        regions: index of the image, x1, y1, x2, y2; shape (R, 5).
        scores: shape (R,).
    """

    regions: Tensor
    scores: Tensor


def scaled_anchors(base: float, ratios: Sequence[float], scales: Sequence[float]) -> Tensor:
    """Anchors whose sides are those of a base box, rounded, times each scale, as in Faster R-CNN.

    Returns:
        shape (ratios x scales, 4), around the centre of the base box whose first pixel is (0, 0).
    """
    boxes = []
    for ratio in ratios:
        width = round(sqrt(base * base / ratio))
        height = round(width * ratio)
        boxes += [_around((base - 1) / 2, width * scale - 1, height * scale - 1) for scale in scales]
    return torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)


def pixel_anchors(base: float, ratios: Sequence[float], scales: Sequence[float]) -> Tensor:
    """Anchors whose sides are the scales in pixels, rounded, as in caffe-windows; otherwise
    `scaled_anchors`."""
    boxes = []
    for ratio in ratios:
        width = np.float32(sqrt(base * base / ratio))
        height = np.float32(width * np.float32(ratio))
        for scale in scales:
            sides = [int(float(side) * scale / base - 1 + 0.5) for side in (width, height)]
            boxes.append(_around((base - 1) / 2, *sides))
    return torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)


def at_positions(anchors: Tensor, height: int, width: int, stride: float) -> Tensor:
    """The anchors at each position of a feature map.

    Returns:
        shape (height x width x A, 4), with the position's column before its row and the anchor last, as
        ``(row, column, anchor)`` in row-major order.
    """
    x = torch.arange(width, dtype=anchors.dtype, device=anchors.device) * stride
    y = torch.arange(height, dtype=anchors.dtype, device=anchors.device) * stride
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    shift = torch.stack((columns, rows, columns, rows), -1).reshape(-1, 1, 4)
    return (shift + anchors).reshape(-1, 4)


def by_position(x: Tensor, numbers: int) -> Tensor:
    """The numbers of each anchor, from a blob whose channels are anchors x numbers.

    Args:
        x: shape (N, A x numbers, H, W).
        numbers: numbers of an anchor: 1 for a score, 4 for a box.

    Returns:
        shape (N, H x W x A, numbers), in the order of `at_positions`.
    """
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, numbers)


def decode_offsets(boxes: Tensor, offsets: Tensor) -> Tensor:
    """Boxes from offsets of centres, in units of the sides, and logarithms of ratios of sides.

    Args:
        boxes: the boxes that offsets are relative to, shape (..., 4).
        offsets: shape (..., 4).
    """
    sides = boxes[..., 2:] - boxes[..., :2] + 1
    centre = offsets[..., :2] * sides + (boxes[..., :2] + 0.5 * sides)
    half = 0.5 * (offsets[..., 2:].exp() * sides)
    return torch.cat((centre - half, centre + half), -1)


def encode_offsets(boxes: Tensor, targets: Tensor) -> Tensor:
    """The offsets of target boxes relative to boxes; see `decode_offsets`. Both have shape (..., 4)."""
    sides, own = boxes[..., 2:] - boxes[..., :2] + 1, targets[..., 2:] - targets[..., :2] + 1
    shift = targets[..., :2] + 0.5 * own - (boxes[..., :2] + 0.5 * sides)
    return torch.cat((shift / sides, (own / sides).log()), -1)


def inside_image(boxes: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Boxes cut to the pixels of an image; sizes broadcast over the leading axes of the boxes."""
    limit = torch.stack((width, height, width, height), -1) - 1
    return torch.minimum(boxes, limit).clamp(min=0)


@torch.no_grad()
def choose_proposals(
    boxes: Tensor,
    scores: Tensor,
    allowed: Tensor,
    before: int,
    after: int,
    threshold: float,
    measure: Callable[[Tensor, Tensor, float], Tensor] = pairwise_overlap,
) -> Proposals:
    """The boxes of highest score of each image that no better one overlaps by more than a threshold.

    Args:
        boxes: shape (N, P, 4).
        scores: shape (N, P).
        allowed: bool, shape (N, P); the other boxes are left out.
        before: the number of boxes of each image that are compared, those of highest score; 0: all.
        after: the number of boxes of each image to keep at most; 0: all.
        threshold: the largest overlap at which a box is kept.
        measure: the overlap of boxes; by default intersection over union, of pixels that belong to them.
    """
    ranked = scores.masked_fill(~allowed, -torch.inf).sort(dim=-1, descending=True, stable=True)
    order = ranked.indices[:, : before or None]
    best = boxes.gather(1, order.unsqueeze(-1).expand(*order.shape, 4))
    mask = suppress(best, threshold, allowed.gather(1, order), extra=1.0, measure=measure)
    if after:
        mask &= mask.cumsum(-1) <= after
    image, place = mask.nonzero(as_tuple=True)
    regions = torch.cat((image.to(boxes.dtype).unsqueeze(-1), best[image, place]), -1)
    return Proposals(regions, scores[image, order[image, place]])


def _around(centre: float, width: float, height: float) -> list[float]:
    """The corners of a box around a point of the diagonal; ``width`` and ``height`` are one less than its
    sides."""
    return [centre - width / 2, centre - height / 2, centre + width / 2, centre + height / 2]
