"""Named data sets whose images have boxes and masks, and the layouts of label blobs that hold them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from layerzoo.data.dataset import NamedSet
from layerzoo.data.samples import Array, ArraySamples, Floats
from layerzoo.schema import DatasetParameter

Objects = Sequence[Floats]
"""For each image a row per object: class (from 1), left, top, right, bottom, as shares of the sides."""
YOLO_ROWS = 300
"""Rows per image that the losses of YOLO read."""


class AnnotatedSet(NamedSet):
    """Square images that fit into memory, with boxes and masks. Class 0 is the background.

    Attributes:
        names: names of the classes, from class 1 on.
        max_objects: the most objects in an image.
    """

    names: ClassVar[tuple[str, ...]]
    max_objects: ClassVar[int]

    @classmethod
    def class_names(cls, target: int) -> list[str]:
        """Names of the classes, with the background first for masks and the boxes of SSD and Faster R-CNN."""
        background = target not in {DatasetParameter.CLASS, DatasetParameter.YOLO_BOXES}
        return ["background", *cls.names] if background else list(cls.names)

    @abstractmethod
    def load_objects(self, split: str) -> tuple[Floats, Objects]:
        """Load the images of a split, as `load` does, and the objects in each.

        Raises:
            DataError: files of the data set are missing or damaged.
        """

    @abstractmethod
    def load_masks(self, split: str) -> tuple[Floats, Floats]:
        """Load the images of a split, as `load` does, and the class of each pixel (count x side x side).

        Raises:
            DataError: files of the data set are missing or damaged.
        """


class ObjectSamples(ArraySamples):
    """Images and the boxes in them, in the layout of SSD's label blob.

    A row is: index of the image in the batch, class, instance, left, top, right, bottom, difficult. Each
    image has ``rows`` rows; those without an object begin with -1, which SSD's layers skip.

    Args:
        images: count x channels x side x side.
        objects: the objects in each.
        rows: rows per image.
    """

    def __init__(self, images: Floats, objects: Objects, rows: int) -> None:
        labels = np.full((len(images), rows, 8), -1, np.float32)
        for label, boxes in zip(labels, objects, strict=True):
            label[: len(boxes), 1] = boxes[:, 0]
            label[: len(boxes), 2] = np.arange(len(boxes))
            label[: len(boxes), 3:7] = boxes[:, 1:]
            label[: len(boxes), [0, 7]] = 0
        super().__init__(images, labels)

    def read(self, indices: Array, numbers: Array, key: int) -> tuple[Array, ...]:
        """Read one batch: images, and a label blob 1 x 1 x (batch * rows) x 8."""
        images, labels = super().read(indices, numbers, key)
        labels[..., 0] = np.where(labels[..., 0] < 0, -1, np.arange(len(labels))[:, None])
        return images, labels.reshape(1, 1, -1, 8)


def centred(objects: Objects) -> Floats:
    """The objects in the layout of YOLO's label blob, count x 300 x 5; rows without an object are 0.

    A row is: class (from 0), centre x, centre y, width, height, as shares of the image's sides.
    """
    labels = np.zeros((len(objects), YOLO_ROWS, 5), np.float32)
    for label, boxes in zip(labels, objects, strict=True):
        low, high = boxes[:, 1:3], boxes[:, 3:5]
        label[: len(boxes)] = np.concatenate([boxes[:, :1] - 1, (low + high) / 2, high - low], axis=1)
    return labels


def in_pixels(objects: Objects, rows: int, side: int) -> Floats:
    """The objects in the layout of Faster R-CNN's label blob, count x rows x 5.

    A row is: left, top, right, bottom, class. Corners are pixels that belong to the box, as in Faster R-CNN.
    The last object fills the rows that are left: a repeated object changes no target.

    Args:
        objects: the objects in each image, at least one.
        rows: rows per image.
        side: side of the images in pixels.
    """
    labels = np.zeros((len(objects), rows, 5), np.float32)
    for label, boxes in zip(labels, objects, strict=True):
        corners = boxes[:, 1:] * side - np.array([0, 0, 1, 1], np.float32)
        label[: len(boxes)] = np.concatenate([corners, boxes[:, :1]], axis=1)
        label[len(boxes) :] = label[len(boxes) - 1]
    return labels


class RegionObjects(ArraySamples):
    """Images and their objects, as of `in_pixels`, without an axis of images."""

    def read(self, indices: Array, numbers: Array, key: int) -> tuple[Array, ...]:
        """Read one batch: images, and objects (batch * rows) x 5."""
        images, labels = super().read(indices, numbers, key)
        return images, labels.reshape(-1, 5)


class MaskSamples(ArraySamples):
    """Images and the class of each pixel, resized to the nearest pixel.

    Args:
        images: count x channels x n x n.
        masks: count x n x n.
        side: side of the resized masks.
    """

    def __init__(self, images: Floats, masks: Floats, side: int) -> None:
        super().__init__(images, masks)
        self._places = (np.arange(side) * masks.shape[-1]) // side

    def read(self, indices: Array, numbers: Array, key: int) -> tuple[Array, ...]:
        """Read one batch: images, and masks batch x 1 x side x side."""
        images, masks = super().read(indices, numbers, key)
        return images, np.ascontiguousarray(masks[:, self._places][:, :, self._places])[:, None]
