"""Detections: the boxes of all classes and images that thresholds and suppression leave.

Source: ``detection_output_layer`` of SSD's fork of Caffe.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.functional.nms import nms
from layerzoo.functional.transforms import plain_only


class Limits(NamedTuple):
    """Which boxes are detections.

    Attributes:
        nms_threshold: largest overlap of two boxes of a class at which both are kept.
        above: only boxes with a score above this are considered; None: all.
        top_k: number of boxes of each class that are considered, those with the highest scores; -1: all.
        eta: factor of the threshold after each kept box; see `layerzoo.functional.nms.nms`.
        keep: number of boxes of each image that are kept, those with the highest scores; -1: all.
        extra: added to width and height of boxes; see `layerzoo.functional.boxes.sides`.
    """

    nms_threshold: float
    above: float | None = None
    top_k: int = -1
    eta: float = 1.0
    keep: int = -1
    extra: float = 0.0


@torch.no_grad()
def detections(boxes: Tensor, scores: Tensor, limits: Limits) -> Tensor:
    """Suppress the boxes of each class in each image, then keep the best of each image.

    Args:
        boxes: shape (N, 1, P, 4) if all classes share their boxes, else (N, C, P, 4).
        scores: shape (N, C, P).
        limits: which boxes to keep.

    Returns:
        a row for each detection, shape (D, 7): image, class, score, xmin, ymin, xmax, ymax; ordered by image,
        then class, then falling score.
    """
    threshold, above, top_k, eta, keep, extra = limits
    order, mask = nms(boxes, scores, threshold, above=above, top_k=top_k, eta=eta, extra=extra)
    ranked = scores.gather(-1, order)
    if keep >= 0:
        flat = mask.flatten(1)
        best = ranked.flatten(1).masked_fill(~flat, -torch.inf).sort(dim=-1, descending=True, stable=True)
        mask = (torch.zeros_like(flat).scatter(1, best.indices[:, :keep], True) & flat).view_as(mask)
    image, label, rank = mask.nonzero().unbind(-1)
    place = order[image, label, rank]
    chosen = boxes.expand(*scores.shape, 4)[image, label, place]
    front = torch.stack((image.to(boxes.dtype), label.to(boxes.dtype), ranked[image, label, rank]), -1)
    return torch.cat((front, chosen), -1)


def rows_or_none(rows: Tensor, images: int) -> Tensor:
    """The top of a layer of detections: the rows, or one for each image if there are none.

    Args:
        rows: shape (D, 7).
        images: number of images.

    Returns:
        shape (1, 1, D, 7); without rows (1, 1, ``images``, 7): the number of the image, then -1.
    """
    if not plain_only() and len(rows):
        return rows.reshape(1, 1, -1, 7)
    number = torch.arange(images, dtype=rows.dtype, device=rows.device).unsqueeze(-1)
    empty = torch.cat((number, number.new_full((1, 6), -1).expand(images, 6)), -1)
    if plain_only():  # the program can't ask how many rows there are
        found = torch.ones_like(rows[:, 0], dtype=torch.bool)
        none = (found.sum() == 0).expand(images)
        empty = torch.cat((rows, empty))[torch.cat((found, none))]
    return empty.unsqueeze(0).unsqueeze(0)
