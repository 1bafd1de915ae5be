"""Boxes: overlap, clipping, and their encoding relative to priors.

A box is four numbers along the last axis of a tensor: xmin, ymin, xmax, ymax, as fractions of the image's
width and height or in pixels. All functions accept any leading axes and work on the device of their
arguments. Source: SSD's ``bbox_util``.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import torch
from torch import Tensor

from layerzoo.schema import ResizeParameter

Code = Literal["CORNER", "CENTER_SIZE", "CORNER_SIZE"]
"""How a box is encoded relative to a prior.

CORNER: the offsets of the corners. CORNER_SIZE: the same in units of the prior's size. CENTER_SIZE: the
offset of the centre in units of the prior's size, and the logarithms of the ratios of width and height.
"""

CODES: Final[tuple[Code, ...]] = get_args(Code)
"""All values of `Code`, in the order of ``PriorBoxParameter.CodeType``."""


def sides(boxes: Tensor, extra: float = 0.0) -> Tensor:
    """Width and height of each box.

    Args:
        boxes: boxes of shape (..., 4).
        extra: added to both: 1 where the corners are pixels that belong to the box, as in R-CNN.

    Returns:
        shape (..., 2).
    """
    size = boxes[..., 2:] - boxes[..., :2]
    return size + extra if extra else size


def area(boxes: Tensor, extra: float = 0.0) -> Tensor:
    """Area of each box; 0 for a box whose xmax is below its xmin, or ymax below ymin.

    Args:
        boxes: boxes of shape (..., 4).
        extra: added to width and height; see `sides`.

    Returns:
        shape (...).
    """
    size = sides(boxes)
    valid = (size >= 0).all(-1)
    return torch.where(valid, (size + extra).prod(-1), 0.0)


def overlap(boxes: Tensor, others: Tensor, extra: float = 0.0) -> Tensor:
    """Intersection over union of boxes and others, elementwise; the leading axes broadcast.

    0 where they don't intersect or only touch. NaN where both are infinite.

    Args:
        boxes: boxes of shape (..., 4).
        others: boxes of shape (..., 4).
        extra: added to width and height of boxes and intersections; see `sides`.

    Returns:
        shape (...).
    """
    low = torch.maximum(boxes[..., :2], others[..., :2])
    high = torch.minimum(boxes[..., 2:], others[..., 2:])
    inner = (high - low + extra).clamp(min=0).prod(-1)
    union = area(boxes, extra) + area(others, extra) - inner
    return torch.where(inner == 0, inner, inner / union)


def pairwise_overlap(boxes: Tensor, others: Tensor, extra: float = 0.0) -> Tensor:
    """Intersection over union of every box with every other.

    Args:
        boxes: boxes of shape (..., M, 4).
        others: boxes of shape (..., K, 4).
        extra: added to width and height of boxes and intersections; see `sides`.

    Returns:
        shape (..., M, K).
    """
    # a plane at a time: an intermediate of shape (..., M, K, 2) costs twice the memory and more time
    a, b = boxes.unsqueeze(-2).unbind(-1), others.unsqueeze(-3).unbind(-1)
    inner = _extent(a[0], a[2], b[0], b[2], extra) * _extent(a[1], a[3], b[1], b[3], extra)
    union = area(boxes, extra).unsqueeze(-1) + area(others, extra).unsqueeze(-2) - inner
    return torch.where(inner == 0, inner, inner / union)


def clip(boxes: Tensor, width: float | Tensor = 1.0, height: float | Tensor = 1.0) -> Tensor:
    """Boxes cut to an image: x from 0 to ``width``, y from 0 to ``height``.

    Args:
        boxes: boxes of shape (..., 4).
        width: largest x, a number or a tensor that broadcasts over the leading axes.
        height: largest y, likewise.
    """
    xmin, ymin, xmax, ymax = boxes.unbind(-1)
    cut = [_cut(xmin, width), _cut(ymin, height), _cut(xmax, width), _cut(ymax, height)]
    return torch.stack(cut, -1)


def crosses_boundary(boxes: Tensor) -> Tensor:
    """Whether a corner of each box lies outside the image, for coordinates that are fractions of it.

    Returns:
        bool, shape (...).
    """
    return ((boxes < 0) | (boxes > 1)).any(-1)


def encode(boxes: Tensor, priors: Tensor, code: Code, variances: Tensor | None = None) -> Tensor:
    """Encode boxes relative to priors; the inverse of `decode`.

    Args:
        boxes: boxes of shape (..., 4).
        priors: a prior for each box; broadcasts.
        code: how the four numbers are computed.
        variances: divisors of the four numbers, of the shape of the priors; None: 1.
    """
    if code == "CENTER_SIZE":
        size, own = sides(priors), sides(boxes)
        numbers = torch.cat(((_center(boxes) - _center(priors)) / size, (own / size).log()), -1)
    elif code == "CORNER_SIZE":
        numbers = (boxes - priors) / _both_corners(sides(priors))
    else:
        numbers = boxes - priors
    return numbers if variances is None else numbers / variances


def decode(
    numbers: Tensor, priors: Tensor, code: Code, variances: Tensor | None = None, extra: float = 0.0
) -> Tensor:
    """Decode boxes that are encoded relative to priors.

    Args:
        numbers: the four numbers of each box, shape (..., 4).
        priors: a prior for each box; broadcasts.
        code: how the four numbers were computed.
        variances: factors of the four numbers, of the shape of the priors; None: 1.
        extra: with CENTER_SIZE, added to width and height of the priors; see `sides`.

    Returns:
        boxes of shape (..., 4).
    """
    if variances is not None:
        numbers = variances * numbers
    if code == "CENTER_SIZE":
        size = sides(priors, extra)
        center = numbers[..., :2] * size + (priors[..., :2] + size / 2 if extra else _center(priors))
        half = numbers[..., 2:].exp() * size / 2
        return torch.cat((center - half, center + half), -1)
    if code == "CORNER_SIZE":
        return priors + numbers * _both_corners(sides(priors))
    return priors + numbers


def original_boxes(boxes: Tensor, height: int, width: int, resize: ResizeParameter | None = None) -> Tensor:
    """Boxes in pixels of an image, from fractions of the net's input.

    Args:
        boxes: boxes of shape (..., 4).
        height: height of the image.
        width: width of the image.
        resize: how the image became the net's input; None: by changing its aspect ratio.
    """
    size = boxes.new_tensor((width, height, width, height))
    if resize is None or resize.resize_mode == ResizeParameter.WARP:
        return clip(boxes) * size
    if resize.resize_mode == ResizeParameter.FIT_SMALL_SIZE:
        if not (resize.height_scale and resize.width_scale):
            return clip(boxes) * size
        scale = boxes.new_tensor((resize.width_scale, resize.height_scale) * 2)
        return clip(boxes * scale, width, height)
    aspect, target = width / height, resize.width / resize.height
    x, y = 0.0, 0.0  # the padding at one side, as a fraction of the net's input
    if aspect > target:
        y = (resize.height - resize.width / aspect) / 2 / resize.height
    else:
        x = (resize.width - resize.height * aspect) / 2 / resize.width
    low, high = boxes.new_tensor((x, y)), boxes.new_tensor((1 - x, 1 - y))
    inside = ((boxes[..., :2] < high) & (boxes[..., 2:] > low)).all(-1, keepdim=True)
    moved = clip((boxes - low.repeat(2)) / (high - low).repeat(2))
    return clip(torch.where(inside, moved, boxes)) * size


def _center(boxes: Tensor) -> Tensor:
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def _both_corners(pairs: Tensor) -> Tensor:
    """A pair (x, y) for each of the two corners."""
    return torch.cat((pairs, pairs), -1)


def _extent(low: Tensor, high: Tensor, other_low: Tensor, other_high: Tensor, extra: float) -> Tensor:
    """Length of the intersection of two intervals, 0 if there is none."""
    length = torch.minimum(high, other_high) - torch.maximum(low, other_low)
    return (length + extra if extra else length).clamp(min=0)


def _cut(values: Tensor, limit: float | Tensor) -> Tensor:
    if isinstance(limit, Tensor):
        return torch.minimum(values, limit).clamp(min=0)
    return values.clamp(0, limit)
