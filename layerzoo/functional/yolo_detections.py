"""Detections of YOLO from candidates: sorted, without those that overlap a better one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from layerzoo.functional.nms import suppress
from layerzoo.functional.yolo import corners


def detection_rows(boxes: Tensor, labels: Tensor, scores: Tensor, threshold: float, images: int) -> Tensor:
    """The rows of a layer's top.

    As in the fork, candidates of all classes suppress each other, and those of all images too.

    Args:
        boxes: centre x, centre y, width, height of each candidate, shape (K, 4).
        labels: their classes, from 0, shape (K).
        scores: their scores, shape (K).
        threshold: a candidate is left out if its overlap with a better one is this or more.
        images: number of images.

    Returns:
        shape (1, 1, D, 7): 0, the class from 1, score, xmin, ymin, xmax, ymax, by falling score; without
        any, one row for each image: its number, then -1.
    """
    order = scores.argsort(descending=True, stable=True)
    boxes = corners(boxes[order])
    # `suppress` keeps a box whose overlap equals the threshold
    below = float(np.nextafter(np.float32(threshold), np.float32(-1)))
    kept = suppress(boxes, below)
    chosen = order[kept]
    if not len(chosen):
        rows = scores.new_full((images, 7), -1)
        rows[:, 0] = torch.arange(images, device=rows.device)
        return rows.reshape(1, 1, -1, 7)
    numbers = torch.stack((torch.zeros_like(scores), labels.to(scores.dtype) + 1, scores), -1)[chosen]
    return torch.cat((numbers, boxes[kept]), -1).reshape(1, 1, -1, 7)
