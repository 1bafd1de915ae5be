"""Masks of classes from label images, as MobileNet-YOLO's fork makes them."""

from __future__ import annotations

from os import PathLike, fspath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.interpolation import interpolate
from layerzoo.data.label_map import load_label_map
from layerzoo.data.samples import Floats, Image
from layerzoo.data.transform.boxes import Boxes
from layerzoo.errors import DataError

_MOST_CLASSES = 256


class MaskSize(NamedTuple):
    """The size of masks: fixed, or a whole fraction of the images' size.

    Attributes:
        height, width: the fixed size in pixels; used if both are above 0.
        fraction: by how much smaller than the images masks are otherwise.
    """

    height: int
    width: int
    fraction: int

    def of(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the masks of images of that size."""
        if self.height and self.width:
            return self.height, self.width
        return height // self.fraction, width // self.fraction


class ClassMasks:
    """Turns label images into a mask for each class, which covers what the image shows.

    Args:
        size: the size of the masks.
        label_map: file with a LabelMap: pixels of value i are of the class ``label_id`` of its item i, 0 for
            none. None: one mask, whose values are those of the label image / 255.

    Raises:
        OSError: the file can't be read.
        DataError: it isn't a label map, or no item has a ``label_id``.
    """

    def __init__(self, size: MaskSize, label_map: str | PathLike[str] | None) -> None:
        self.size = size
        self.tables = None if label_map is None else _tables(label_map)

    def __len__(self) -> int:
        return 1 if self.tables is None else len(self.tables)

    def __call__(self, labels: Image, view: Boxes, height: int, width: int) -> Floats:
        """The masks of an image.

        Args:
            labels: its label image, 1 x height x width, bytes.
            view: boxes that have moved along with the image: its window and whether it is mirrored.
            height, width: of the transformed image.

        Returns:
            classes x height x width, from 0 to 1.
        """
        _, rows, columns = labels.shape
        sides = np.array((columns, rows, columns, rows), np.float32)
        left, top, right, bottom = np.array(view.window, np.float32).clip(0, 1) * sides
        shown = labels[:, int(top) : int(top) + max(1, int(bottom - top))]
        shown = shown[:, :, int(left) : int(left) + max(1, int(right - left))]
        masks = shown if self.tables is None else self.tables[:, shown[0]]
        wanted = self.size.of(height, width)
        made = np.concatenate([interpolate(mask[None], *wanted, "AREA") for mask in masks])
        if view.mirrored:
            made = made[:, :, ::-1]
        return made.astype(np.float32) / np.float32(255)


def _tables(path: str | PathLike[str]) -> NDArray[np.uint8]:
    """For each class the value of a mask for each value of a label image, classes x 256: 255 or 0."""
    ids = [item.label_id for item in load_label_map(path).item]
    count = max(ids, default=0)
    if not 0 < count <= _MOST_CLASSES or len(ids) > _MOST_CLASSES:
        message = f"the largest label_id of {len(ids)} classes is {count}; expected 1 to {_MOST_CLASSES}"
        raise DataError(f"{fspath(path)}: {message}: the number of the mask that shows a class, 0 for none")
    tables = np.zeros((count, 256), np.uint8)
    for value, label_id in enumerate(ids):
        if label_id > 0:
            tables[label_id - 1, value] = 255
    return tables
