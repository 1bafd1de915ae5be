"""Typical numbers of annotated objects, where random ones would be refused."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

_SSD_COLUMNS: Final = 8
_YOLO_COLUMNS: Final = 5


def ssd_rows(objects: Sequence[int], images: int) -> list[float] | None:
    """One object of class 1 in each image, as SSD's layers read them; the other rows hold none.

    Args:
        objects: shape of the objects, (1, 1, rows, 8).
        images: number of images.

    Returns:
        None if the shape is another one.
    """
    if objects[-1] != _SSD_COLUMNS:
        return None
    rows = prod(objects[1:]) // _SSD_COLUMNS
    each = ([image, 1, 0, 0.1, 0.2, 0.6, 0.7, 0] if image < images else [-1.0] * 8 for image in range(rows))
    return [number for row in each for number in row]


def yolo_rows(objects: Sequence[int]) -> list[float] | None:
    """One object of class 0 in an image, as the losses of YOLO read them, and zeros after it.

    Args:
        objects: shape of the objects, (images, ..., rows, 5).

    Returns:
        None if the shape is another one.
    """
    if objects[-1] != _YOLO_COLUMNS:
        return None
    return [0, 0.4, 0.5, 0.5, 0.5] + [0.0] * (prod(objects[1:]) - _YOLO_COLUMNS)
