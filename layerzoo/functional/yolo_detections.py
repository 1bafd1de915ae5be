"""Detections of YOLO from candidates: sorted, without those that overlap a better one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from layerzoo.functional.detections import rows_or_none
from layerzoo.functional.nms import suppress
from layerzoo.functional.transforms import plain_only
from layerzoo.functional.yolo import corners


def detection_rows(
    boxes: Tensor, labels: Tensor, scores: Tensor, found: Tensor, threshold: float, images: int
) -> Tensor:
    """The rows of a layer's top.

    As in the fork, candidates of all classes suppress each other, and those of all images too.

    Args:
        boxes: centre x, centre y, width, height of each candidate, shape (K, 4).
        labels: their classes, from 0, shape (K).
        scores: their scores, shape (K).
        found: whether each is a candidate, bool, shape (K).
        threshold: a candidate is left out if its overlap with a better one is this or more.
        images: number of images.

    Returns:
        shape (1, 1, D, 7): 0, the class from 1, score, xmin, ymin, xmax, ymax, by falling score; without
        any, one row for each image: its number, then -1.
    """
    if not plain_only():  # fewer to sort
        boxes, labels, scores, found = boxes[found], labels[found], scores[found], found[found]
    order = scores.masked_fill(~found, -torch.inf).sort(dim=0, descending=True, stable=True).indices
    boxes = corners(boxes[order])
    kept = suppress(boxes, below(threshold), found[order])  # it keeps a box that overlaps by its threshold
    numbers = torch.stack((torch.zeros_like(scores), labels.to(scores.dtype) + 1, scores), -1)
    return rows_or_none(torch.cat((numbers[order], boxes), -1)[kept], images)


def below(threshold: float) -> float:
    """The next number in single precision below a threshold."""
    return float(np.nextafter(np.float32(threshold), np.float32(-1)))
