"""Count pixels by their class and by the class that is predicted for them."""

from __future__ import annotations

import torch
from torch import Tensor


def confusion(classes: int, labels: Tensor, predicted: Tensor, counted: Tensor) -> Tensor:
    """The number of pixels of each class (rows) with each predicted class (columns).

    Args:
        classes: number of classes C.
        labels: class of each pixel, int64.
        predicted: predicted class of each pixel, int64.
        counted: whether a pixel is counted.

    Returns:
        int64, shape (C, C).
    """
    pairs = torch.where(counted, labels * classes + predicted, classes**2).flatten()
    cells = labels.new_zeros(classes**2 + 1)
    cells.scatter_add_(0, pairs, torch.ones_like(pairs))
    return cells[:-1].view(classes, classes)


def overlaps(counts: Tensor) -> Tensor:
    """Intersection over union of each class; NaN for a class that neither occurs nor is predicted.

    Args:
        counts: as of `confusion`, of any dtype.

    Returns:
        float64, shape (C).
    """
    counts = counts.double()  # float32 has whole numbers up to 2^24 only
    right = counts.diagonal()
    return right / (counts.sum(0) + counts.sum(1) - right)
