"""Average precision of detections, from their scores and whether each is right."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]

VERSIONS: Final = ("Integral", "MaxIntegral", "11point")
"""The ways to compute an average precision."""
_EPS: Final = 1e-6


def average_precision(
    scores: Singles, right: NDArray[np.bool_], positives: int, version: str = "Integral"
) -> float:
    """The average precision of one class, as SSD's solver computes it.

    ``Integral``: the area below precision over recall. ``MaxIntegral`` (VOC 2012, ILSVRC): the same, with the
    highest precision at any recall at least as high. ``11point`` (VOC 2007): the mean of the highest
    precision at recalls of at least 0, 0.1 … 1.

    Args:
        scores: of the detections, in any order; equal ones keep their order.
        right: whether each is a true positive.
        positives: annotated objects.
        version: how to compute it, one of `VERSIONS`.

    Returns:
        0 to 1; 0 without detections or without objects.
    """
    if not len(scores) or positives <= 0:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    true = np.cumsum(right[order])
    # in single precision, in which SSD compares recalls
    precision: Singles = (true / np.arange(1, len(true) + 1)).astype(np.float32)
    recall: Singles = (true / positives).astype(np.float32)
    if version == "11point":
        return _eleven_points(precision, recall.astype(np.float64))
    if version == "MaxIntegral":
        highest = np.maximum.accumulate(precision[::-1])[::-1]
        # SSD weighs the step from one detection to the next by the highest precision from the first on
        return float(_steps(recall) @ highest[:-1] + float(recall[0]) * highest[0])
    return float(_steps(np.concatenate(([np.float32(0)], recall))) @ precision)


def _steps(recall: Singles) -> NDArray[np.float64]:
    steps = np.diff(recall)
    return np.where(steps > _EPS, steps, 0).astype(np.float64)


def _eleven_points(precision: Singles, recall: NDArray[np.float64]) -> float:
    """The mean of the highest precisions, with SSD's rule for points below the first recall.

    Where all recalls that are left reach a point, the points below it see only those, without the higher
    precisions that later detections may have.
    """
    highest = np.zeros(11)
    last = len(recall) - 1
    for point in range(10, -1, -1):
        below = np.flatnonzero(recall[: last + 1] < point / 10)
        first = int(below[-1]) if len(below) else -1
        if first < last:
            highest[point] = max(highest[point], precision[first + 1 : last + 1].max())
        if len(below):
            last = first
            highest[point - 1] = highest[point]
    return float(highest.sum() / 11)
