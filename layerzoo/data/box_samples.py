"""Images in files with annotated boxes, as samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from layerzoo.data.annotated_set import YOLO_ROWS
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Array, Floats, Kept, Samples
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.errors import DataError
from layerzoo.image_file import geometry, read_file
from layerzoo.schema import ROI_BOXES, SSD_BOXES, YOLO_BOXES

MAX_EDGE: Final = 1e6
"""The largest edge of a box in pixels."""


class AnnotatedFile(NamedTuple):
    """An image and its objects.

    Attributes:
        path: the image.
        key: its path relative to the source.
        size: height and width in pixels; None if the annotations don't say.
        edges: left, top, right and bottom of each object in pixels, K x 4; see `upright_edges`.
        classes: the class of each, from 1.
        difficult: whether each is difficult, or a crowd.
    """

    path: Path
    key: str
    size: tuple[int, int] | None
    edges: Floats
    classes: Floats
    difficult: Floats


def upright_edges(file: AnnotatedFile, data: bytes) -> Floats:
    """The edges of the objects as fractions of the sides of an image that EXIF's orientation is applied to.

    Annotations count pixels in the upright image; or in the image as it is stored, if the size that they
    declare says so.

    Args:
        file: the annotations.
        data: the bytes of the image.

    Raises:
        DataError: the image is damaged, or has another size than the annotations declare.
    """
    facts = geometry(data, str(file.path))
    height, width = file.size or facts.upright
    fractions = (file.edges / np.array([width, height, width, height], np.float32)).astype(np.float32)
    if (height, width) == facts.upright:
        return fractions
    if (height, width) != facts[:2]:
        sizes = [" x ".join(map(str, size)) for size in (facts.upright, (height, width))]
        message = f"{sizes[0]} pixels (height x width), but its annotations declare {sizes[1]}"
        raise DataError(f"{file.path}: {message}; their boxes would be in other places")
    left, top, right, bottom = fractions.T
    turned = {
        5: (top, left, bottom, right),
        6: (1 - bottom, left, 1 - top, right),
        7: (1 - bottom, 1 - right, 1 - top, 1 - left),
        8: (top, 1 - right, bottom, 1 - left),
    }[facts.orientation]
    return np.stack(turned, 1)


class BoxSamples(Samples):
    """Images with boxes, which move along as the images are transformed.

    Args:
        files: the images.
        pipeline: their transforms.
        target: the layout of the boxes, a value of ``BoxLayout``.
        rows: rows of an image.
        use_difficult: whether difficult objects are like others.
    """

    def __init__(
        self, files: Sequence[AnnotatedFile], pipeline: Pipeline, target: int, rows: int, use_difficult: bool
    ) -> None:
        self._files, self._pipeline = files, pipeline
        self._target, self._rows, self._use_difficult = target, rows, use_difficult
        self._crops = any(isinstance(step, Crop) for step in pipeline.steps)

    def __len__(self) -> int:
        return len(self._files)

    def key_of(self, index: int) -> str:
        """The path of an image relative to the source."""
        return self._files[index].key

    def name(self, index: int) -> str:
        """The path of an image."""
        return str(self._files[index].path)

    def keep(self, kept: Kept) -> bool:
        """Keep images after decoding; boxes move along in the other transforms."""
        return self._pipeline.keep(kept)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images and boxes."""
        files = [self._files[index] for index in indices.tolist()]

        def name(index: int) -> str:
            return str(files[index].path)

        encoded = [read_file(file.path) for file in files]
        boxes = [self._boxes(file, data) for file, data in zip(files, encoded, strict=True)]
        images = [Encoded(data) for data in encoded]
        blob = self._pipeline(images, numbers, key, name, boxes)
        for each in boxes:
            each.finish(is_cut=self._crops)
        if self._target == YOLO_BOXES:
            return blob, yolo_rows(boxes)
        if self._target == ROI_BOXES:
            return blob, roi_rows(boxes, self._rows, *blob.shape[2:])
        return blob, ssd_rows(boxes, self._rows)

    def _boxes(self, file: AnnotatedFile, data: bytes) -> Boxes:
        edges = upright_edges(file, data)
        difficult = file.difficult * (not self._use_difficult)
        rows = np.stack([file.classes, np.arange(len(edges)), difficult], 1).astype(np.float32)
        kept = np.ones(len(edges), bool) if self._target == SSD_BOXES else difficult == 0
        return Boxes(edges[kept], rows[kept])


def ssd_rows(boxes: Sequence[Boxes], rows: int) -> Floats:
    """Boxes in the layout of SSD's label blob, (1, 1, batch * rows, 8).

    A row is: index of the image, class, instance, left, top, right, bottom, difficult; rows without an object
    begin with -1, which SSD's layers skip.
    """
    blob = np.full((len(boxes), rows, 8), -1, np.float32)
    for index, (blob_rows, each) in enumerate(zip(blob, boxes, strict=True)):
        count = min(rows, len(each))
        blob_rows[:count, 0] = index
        blob_rows[:count, 1:3] = each.rows[:count, :2]
        blob_rows[:count, 3:7] = each.edges[:count]
        blob_rows[:count, 7] = each.rows[:count, 2]
    return blob.reshape(1, 1, -1, 8)


def yolo_rows(boxes: Sequence[Boxes]) -> Floats:
    """Boxes in the layout of YOLO's label blob, (batch, 300, 5): class from 0, centre, width and height."""
    blob = np.zeros((len(boxes), YOLO_ROWS, 5), np.float32)
    for rows, each in zip(blob, boxes, strict=True):
        low, high = each.edges[:YOLO_ROWS, :2], each.edges[:YOLO_ROWS, 2:]
        rows[: len(low)] = np.concatenate([each.rows[: len(low), :1] - 1, (low + high) / 2, high - low], 1)
    return blob


def roi_rows(boxes: Sequence[Boxes], rows: int, height: int, width: int) -> Floats:
    """Boxes in the layout of Faster R-CNN's label blob, (batch * rows, 5).

    A row is: left, top, right, bottom, in pixels that belong to the box, and class. The last object fills the
    rows that are left; an image whose objects were all cut off has one of class 0 in its corner.
    """
    blob = np.zeros((len(boxes), rows, 5), np.float32)
    scale = np.array([width, height, width, height], np.float32)
    for blob_rows, each in zip(blob, boxes, strict=True):
        count = min(rows, len(each))
        if count:
            blob_rows[:count, :4] = each.edges[:count] * scale - np.array([0, 0, 1, 1], np.float32)
            blob_rows[:count, 4] = each.rows[:count, 0]
            blob_rows[count:] = blob_rows[count - 1]
    return blob.reshape(-1, 5)
