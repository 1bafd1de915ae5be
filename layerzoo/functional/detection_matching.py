"""Match detections with annotated boxes: which are right, which are wrong, which don't count."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.schema import ResizeParameter


class Matched(NamedTuple):
    """Detections in order of image, class and descending score, with the result of each.

    Detections whose class is not annotated in their image keep their order.

    Attributes:
        order: indices of the detections in that order; those without an image come last.
        right, wrong: in that order; neither is set for detections of a difficult object.
    """

    order: Tensor
    right: Tensor
    wrong: Tensor


def match(
    image: Tensor,
    label: Tensor,
    score: Tensor,
    overlaps: Tensor,
    same: Tensor,
    counted: Tensor,
    threshold: float,
) -> Matched:
    """Match each detection with the annotated box of its class and image that it overlaps most.

    Of the detections of one object the one with the highest score is right, the others are wrong.

    Args:
        image, label, score: of D detections; integers for image and label, and a negative image for rows
            that are no detections.
        overlaps: D x G, with G annotated boxes, at least one.
        same: D x G: whether the box has the detection's image and class.
        counted: G: whether a box counts; detections of one that doesn't are neither right nor wrong.
        threshold: the least overlap.
    """
    count = len(image)
    annotated = same.any(1)
    order = torch.sort(torch.where(annotated, score, 0), descending=True, stable=True).indices
    order = order[torch.sort(label[order], stable=True).indices]
    last = torch.where(image < 0, image.amax().clamp(min=0) + 1, image) if count else image
    order = order[torch.sort(last[order], stable=True).indices]
    overlaps = torch.where(same, overlaps, -1)[order]
    most = overlaps.amax(1)
    boxes = torch.arange(overlaps.shape[1], device=image.device)
    nearest = torch.where(overlaps == most[:, None], boxes, len(boxes) - 1).amin(1)  # the first of equals
    near = annotated[order] & (most >= threshold)
    counts = near & counted[nearest]
    place = torch.arange(count, device=image.device)
    first = place.new_full((len(boxes),), count)
    first.scatter_reduce_(0, nearest, torch.where(counts, place, count), "amin")
    right = counts & (place == first[nearest])
    return Matched(order, right, ~near | (counts & ~right))


def overlaps(boxes: Tensor, others: Tensor, box_sizes: Tensor, other_sizes: Tensor, unit: float) -> Tensor:
    """Intersection over union of each box with each other one: K x 4 and G x 4 to K x G.

    Args:
        boxes, others: left, top, right and bottom edges.
        box_sizes, other_sizes: their areas.
        unit: added to widths and heights: 1 for boxes in whole pixels, else 0.
    """
    low = torch.maximum(boxes[:, None, :2], others[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:], others[None, :, 2:])
    apart = (low > high).any(2, keepdim=True)
    width, height = torch.where(apart, 0, high - low).add(unit).unbind(2)
    shared = torch.where((width > 0) & (height > 0), width * height, 0)
    return shared / (box_sizes[:, None] + other_sizes - shared)


def areas(boxes: Tensor, unit: float | Tensor = 0.0) -> Tensor:
    """Areas of boxes, K x 4; 0 for one whose edges are exchanged. ``unit``: see `overlaps`."""
    width, height = (boxes[:, 2:] - boxes[:, :2]).unbind(1)
    return torch.where((width < 0) | (height < 0), 0, (width + unit) * (height + unit))


def to_original(boxes: Tensor, sizes: Tensor, resize: ResizeParameter | None) -> tuple[Tensor, Tensor]:
    """Convert boxes of resized images to pixels of the original ones, as SSD writes results.

    Args:
        boxes: K x 4, as fractions of the resized image.
        sizes: K x 2: height and width of the original image of each box.
        resize: how the images were resized; None is WARP.

    Returns:
        K x 4 in pixels, and the areas.
    """
    height, width = sizes.unbind(1)
    if resize is not None and resize.resize_mode == ResizeParameter.FIT_SMALL_SIZE:
        if resize.height_scale and resize.width_scale:
            height = torch.full_like(height, resize.height_scale)
            width = torch.full_like(width, resize.width_scale)
        else:
            boxes = boxes.clamp(0, 1)
    elif resize is not None and resize.resize_mode == ResizeParameter.FIT_LARGE_SIZE_AND_PAD:
        boxes = _without_padding(boxes, width / height, resize.height, resize.width).clamp(0, 1)
    else:
        boxes = boxes.clamp(0, 1)
    scaled = boxes * torch.stack((width, height, width, height), 1)
    return scaled, areas(scaled, ((width > 1) | (height > 1)).to(boxes.dtype))


def _without_padding(boxes: Tensor, aspect: Tensor, height: int, width: int) -> Tensor:
    """Boxes as fractions of the part of a padded image that the original fills."""
    above = torch.where(aspect > width / height, (height - width / aspect) / 2 / height, 0)
    beside = torch.where(aspect > width / height, 0, (width - height * aspect) / 2 / width)
    low = torch.stack((beside, above), 1)
    high = 1 - low
    outside = ((boxes[:, :2] >= high) | (boxes[:, 2:] <= low)).any(1, keepdim=True)
    inside = (boxes - low.repeat(1, 2)) / (high - low).repeat(1, 2)
    return torch.where(outside, boxes, inside)  # SSD leaves a box in the padding as it is
