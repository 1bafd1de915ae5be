"""Count pixels by their class and by the class that is predicted for them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault


def check_pixels(scores: Sequence[int], labels: Sequence[int]) -> None:
    """Check the shapes of scores of pixels, (N, C, height, width), and of labels, (N, 1, height, width).

    Raises:
        LayerFault: one of them is another.
    """
    if len(scores) != 4 or scores[1] < 1:
        raise LayerFault(f"a bottom of shape {scores}; expected (N, C, height, width)", bottom=0)
    wanted = (scores[0], 1, *scores[2:])
    if tuple(labels) != wanted:
        raise LayerFault(f"labels of shape {labels} for scores of {scores}; expected {wanted}", bottom=1)


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
