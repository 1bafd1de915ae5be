"""What the layers of YOLO share: boxes of cells and anchors, true boxes, and how similar boxes are.

A box is four numbers along the last axis: centre x, centre y, width, height, as fractions of the image.
Source: eric612/MobileNet-YOLO and AlexeyAB/darknet.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, prod
from typing import Final, Literal

import torch
from torch import Tensor

from layerzoo.errors import LayerFault

Similarity = Literal["IOU", "GIOU", "DIOU", "CIOU"]
"""How similar two boxes are: at most 1.

IOU: intersection over union. GIOU: less by the part of the enclosing box that neither covers. DIOU: less by
the distance of the centres, relative to the diagonal of the enclosing box. CIOU: as DIOU (but squared), and
less by the difference of the aspect ratios.
"""

_AT_ONCE: Final = 2**22
"""The most pairs of boxes that are compared at once; further true boxes follow."""


def cells(x: Tensor, anchors: int) -> Tensor:
    """Split the channels of a blob by anchor, and put the values of a box along the last axis.

    Args:
        x: shape (N, anchors * L, H, W).
        anchors: number of anchors of a cell.

    Returns:
        shape (N, anchors, H, W, L), a view.
    """
    n, channels, height, width = x.shape
    return x.reshape(n, anchors, channels // anchors, height, width).movedim(2, -1)


def channels(values: Tensor) -> Tensor:
    """The inverse of `cells`: shape (N, anchors, H, W, L) → (N, anchors * L, H, W)."""
    return values.movedim(-1, 2).flatten(1, 2)


def boxes(coordinates: Tensor, anchors: Tensor) -> Tensor:
    """Boxes from coordinates relative to cells and anchors.

    Args:
        coordinates: shape (N, A, H, W, 4): the centre in cells from the top left corner of its own, and the
            logarithm of width and height relative to the anchor.
        anchors: width and height of each anchor as fractions of the image, shape (A, 2).

    Returns:
        boxes of the same shape.
    """
    height, width = coordinates.shape[2:4]
    columns = torch.arange(width, dtype=coordinates.dtype, device=coordinates.device)
    rows = torch.arange(height, dtype=coordinates.dtype, device=coordinates.device)
    x = (coordinates[..., 0] + columns) / width
    y = (coordinates[..., 1] + rows.unsqueeze(-1)) / height
    size = coordinates[..., 2:4].exp() * anchors.to(coordinates.dtype)[:, None, None]
    return torch.stack((x, y, size[..., 0], size[..., 1]), -1)


def scaled(points: Tensor, width: float, height: float) -> Tensor:
    """Pairs (x, y) along the last axis times a width and a height, without a copy to the device."""
    return torch.stack((points[..., 0] * width, points[..., 1] * height), -1)


def pairs(numbers: Sequence[float]) -> Tensor:
    """Numbers as rows of two: width and height of each anchor; float64, shape (A, 2)."""
    return torch.tensor(numbers, dtype=torch.float64).reshape(-1, 2)


def check_anchors(biases: Sequence[float], highest: int, message: str) -> None:
    """Check the anchors of a layer.

    Args:
        biases: width and height of each anchor.
        highest: the highest index of an anchor that the layer uses, from 0.
        message: name of the layer's message, for the error.

    Raises:
        LayerFault: a number is missing or not positive, there is no anchor of that index, or none is used.
    """
    field = f"{message}.biases"
    if len(biases) % 2 or not biases:
        raise LayerFault(f"{len(biases)} numbers; expected 2 per anchor, its width and height", field=field)
    if not all(number > 0 for number in biases):
        raise LayerFault("widths and heights of anchors must be above 0", field=field)
    if highest >= len(biases) // 2:
        raise LayerFault(
            f"there is no anchor {highest}: biases has {len(biases) // 2}, counted from 0", field=field
        )
    if highest < 0:
        raise LayerFault("no anchor is used; the number of anchors is 0", field=field)


def check_grid(shape: tuple[int, ...], anchors: int, values: int, bottom: int = 0) -> None:
    """Check that a bottom has the channels of its anchors.

    Args:
        shape: shape of the bottom.
        anchors: number of anchors.
        values: number of values of a box.
        bottom: index of the bottom, for the error.

    Raises:
        LayerFault: it is not (N, anchors * values, H, W).
    """
    if len(shape) != 4 or shape[1] != anchors * values:
        raise LayerFault(
            f"bottom of shape {shape}; expected (N, {anchors * values}, H, W): {anchors} anchors with "
            f"{values} values each (4 coordinates, objectness, a score per class)",
            bottom=bottom,
        )


def check_objects(shape: tuple[int, ...], images: int) -> None:
    """Check that the second bottom of a loss can hold the objects of as many images.

    Raises:
        LayerFault: it is not (N, T, 5).
    """
    if shape[:1] != (images,) or prod(shape[1:]) % 5:
        raise LayerFault(
            f"objects of shape {shape}; expected ({images}, T, 5): class, centre x, centre y, width, height "
            "of each object, zeros after the last",
            bottom=1,
        )


def corners(values: Tensor) -> Tensor:
    """Boxes as xmin, ymin, xmax, ymax."""
    center, half = values[..., :2], values[..., 2:4] / 2
    return torch.cat((center - half, center + half), -1)


def similarity(values: Tensor, others: Tensor, kind: Similarity = "IOU") -> Tensor:
    """How similar boxes are, elementwise.

    Args:
        values, others: boxes of shape (..., 4); the leading axes broadcast.
        kind: the measure.

    Returns:
        shape (...).
    """
    x, y, w, h = values.unbind(-1)
    x2, y2, w2, h2 = others.unbind(-1)
    inner = _common(x, w, x2, w2).clamp(min=0) * _common(y, h, y2, h2).clamp(min=0)
    union = w * h + w2 * h2 - inner
    overlap = inner / union
    if kind == "IOU":
        return overlap
    width, height = _enclosing(x, w, x2, w2), _enclosing(y, h, y2, h2)
    if kind == "GIOU":
        whole = width * height
        return torch.where(whole == 0, overlap, overlap - (whole - union) / whole)
    diagonal = width.square() + height.square()
    distance = ((x - x2).square() + (y - y2).square()) / diagonal
    if kind == "DIOU":
        return torch.where(diagonal == 0, overlap, overlap - distance**0.6)  # the power is darknet's
    angles = 4 / pi**2 * (torch.atan(w2 / h2) - torch.atan(w / h)).square()
    weight = angles / (1 - overlap + angles + 1e-6)
    return torch.where(diagonal == 0, overlap, overlap - (distance + weight * angles))


def best_similarity(values: Tensor, others: Tensor, valid: Tensor, kind: Similarity = "IOU") -> Tensor:
    """How similar each box is to the most similar other; 0 if none is.

    Args:
        values: boxes of shape (N, P, 4).
        others: boxes of shape (N, T, 4).
        valid: which others count, bool, shape (N, T).
        kind: the measure.

    Returns:
        shape (N, P).
    """
    best = torch.zeros_like(values[..., 0])
    at_once = max(1, _AT_ONCE // max(1, best.numel()))
    for start in range(0, others.shape[1], at_once):
        part = others[:, None, start : start + at_once]
        pairwise = similarity(values.unsqueeze(2), part, kind)
        counted = valid[:, None, start : start + at_once] & ~pairwise.isnan()
        best = torch.maximum(best, pairwise.where(counted, 0).amax(-1))
    return best


def similarity_slope(values: Tensor, others: Tensor, kind: Similarity) -> Tensor:
    """The derivative of `similarity` by the boxes, as darknet computes it.

    It differs from the derivative. For IOU and GIOU, the parts by width and height are twice as large. For
    DIOU and CIOU, the change of the diagonal has the other sign in the parts by x and y. For CIOU, the weight
    of the aspect ratios counts as constant, and the derivative of their difference isn't divided by the
    squared diagonal of the box.

    Args:
        values, others: boxes of shape (..., 4).
        kind: the measure.

    Returns:
        shape (..., 4).
    """
    (left, top, right, bottom), (left2, top2, right2, bottom2) = (
        corners(boxed).unbind(-1) for boxed in (values, others)
    )
    (x, y, w, h), (x2, y2, w2, h2) = values.unbind(-1), others.unbind(-1)
    across = torch.minimum(right, right2) - torch.maximum(left, left2)
    down = torch.minimum(bottom, bottom2) - torch.maximum(top, top2)
    inner = across * down
    union = w * h + w2 * h2 - inner
    apart = (across <= 0) | (down <= 0)
    # the derivatives by the left, top, right and bottom edge
    zero = torch.zeros_like(inner)
    d_inner = _stack(
        torch.where(left > left2, -down, zero),
        torch.where(top > top2, -across, zero),
        torch.where(right < right2, down, zero),
        torch.where(bottom < bottom2, across, zero),
    )
    d_union = _stack(-h, -w, h, w) - d_inner
    slopes = _quotient_slope(inner, union, d_inner, d_union)
    width, height = torch.maximum(right, right2) - torch.minimum(left, left2), _enclosing(y, h, y2, h2)
    outer_left, outer_top = left < left2, top < top2
    outer_right, outer_bottom = right > right2, bottom > bottom2
    if kind == "GIOU":
        d_whole = _stack(
            torch.where(outer_left, -height, zero),
            torch.where(outer_top, -width, zero),
            torch.where(outer_right, height, zero),
            torch.where(outer_bottom, width, zero),
        )
        rest = _quotient_slope(union, width * height, d_union, d_whole)
        slopes = torch.where(apart.unsqueeze(-1), rest, slopes + rest)
    by_left, by_top, by_right, by_bottom = slopes.unbind(-1)
    result = _stack(by_left + by_right, by_top + by_bottom, by_right - by_left, by_bottom - by_top)
    if kind in {"IOU", "GIOU"}:
        return result
    diagonal = width.square() + height.square()
    distance = (x - x2).square() + (y - y2).square()
    one = torch.ones_like(width)
    by_x = outer_right * one - outer_left * one
    by_y = outer_bottom * one - outer_top * one
    by_w = (outer_right * one + outer_left * one) / 2
    by_h = (outer_bottom * one + outer_top * one) / 2
    rest = torch.stack(
        (
            (2 * (x2 - x) * diagonal - 2 * width * by_x * distance) / diagonal.square(),
            (2 * (y2 - y) * diagonal - 2 * height * by_y * distance) / diagonal.square(),
            2 * width * by_w * distance / diagonal.square(),
            2 * height * by_h * distance / diagonal.square(),
        ),
        -1,
    )
    if kind == "CIOU":
        angle = torch.atan(w2 / h2) - torch.atan(w / h)
        loss = 4 / pi**2 * angle.square()
        factor = 8 / pi**2 * angle * loss / (1 - inner / union + loss + 1e-6)
        rest = rest + torch.stack((zero, zero, factor * h, -factor * w), -1)
    return torch.where(apart.unsqueeze(-1), rest, result + rest)


def _stack(*parts: Tensor) -> Tensor:
    return torch.stack(parts, -1)


def _quotient_slope(above: Tensor, below: Tensor, d_above: Tensor, d_below: Tensor) -> Tensor:
    """The derivative of a quotient; 0 where the divisor isn't positive."""
    a, b = above.unsqueeze(-1), below.unsqueeze(-1)
    slope = (b * d_above - a * d_below) / b.square()
    return torch.where(b > 0, slope, 0)


def _common(center: Tensor, extent: Tensor, center2: Tensor, extent2: Tensor) -> Tensor:
    """Length of the intersection of two intervals; negative if there is a gap."""
    high = torch.minimum(center + extent / 2, center2 + extent2 / 2)
    return high - torch.maximum(center - extent / 2, center2 - extent2 / 2)


def _enclosing(center: Tensor, extent: Tensor, center2: Tensor, extent2: Tensor) -> Tensor:
    """Length of the smallest interval that encloses two."""
    high = torch.maximum(center + extent / 2, center2 + extent2 / 2)
    return high - torch.minimum(center - extent / 2, center2 - extent2 / 2)
