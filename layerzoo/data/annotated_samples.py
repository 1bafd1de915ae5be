"""AnnotatedDatums of a database as samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerzoo.data.annotated import read_annotated, read_label_images
from layerzoo.data.box_samples import yolo_rows
from layerzoo.data.class_masks import ClassMasks
from layerzoo.data.database import open_records
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Array, Floats, Image, Kept, Samples
from layerzoo.data.transform import Batch, ImageStep, Pipeline
from layerzoo.data.transform.batch import Shape3
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.data.transform.steps.sample import cut_out
from layerzoo.errors import DataError
from layerzoo.schema import LayerParameter


class Jitter(ImageStep):
    """Cut out a region of random size and place.

    Args:
        most: the largest fraction of width or height that is cut off.
    """

    random = True

    def __init__(self, most: float) -> None:
        self.most = most

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        """Cut out the region of an image."""
        assert isinstance(image, np.ndarray), "decoded before"
        draws = batch.draws_for("Jitter", 4)
        width, height = (float(draws.uniform(i, 1 - self.most, 1)[index]) for i in (0, 1))
        left = float(draws.uniform(2, 0, 1 - width)[index])
        top = float(draws.uniform(3, 0, 1 - height)[index])
        return cut_out(image, (left, top, left + width, top + height), index, batch)


class AnnotatedSamples(Samples):
    """The AnnotatedDatums of a database.

    Args:
        param: the message of an AnnotatedData layer.
        pipeline: the transforms.
        masks: what makes masks of the records' label images; None if there are none.
    """

    def __init__(self, param: LayerParameter, pipeline: Pipeline, masks: ClassMasks | None) -> None:
        p, self._pipeline = param.annotated_data_param, pipeline
        self._boxed = p.HasField("anno_type")
        self._yolo, self._difficult = p.yolo_data_type == 1, p.train_diffcult
        self._crops = any(isinstance(step, Crop) for step in pipeline.steps)
        self._records = open_records(param.data_param)
        self._typed: bool | None = None
        self._masks = masks

    def __len__(self) -> int:
        return len(self._records)

    def first(self) -> tuple[Shape3, Boxes | None]:
        """Shape of the first image, transformed, and its boxes; None if the records have none."""
        images, _, boxes = self._read([0])
        channels, height, width = self._pipeline.image(images[0], self._records.name(0)).shape
        return self._pipeline.top_shape((channels, height, width)), boxes[0]

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images, boxes or labels, and masks if they are wanted."""
        positions = indices.tolist()

        def name(index: int) -> str:
            return self._records.name(positions[index])

        images, labels, boxes_or_none = self._read(positions)
        boxes = [each for each in boxes_or_none if each is not None]
        if self._typed is None:
            self._typed = self._read([0])[2][0] is not None
        if not self._typed or not boxes:
            if self._masks is None:
                return self._pipeline(images, numbers, key, name), labels.reshape(-1, 1, 1, 1)
            views = [_without_boxes() for _ in positions]
            blob = self._pipeline(images, numbers, key, name, views)
            return blob, labels.reshape(-1, 1, 1, 1), self._class_masks(positions, views, blob)
        if len(boxes) != len(boxes_or_none):
            without = boxes_or_none.index(None)
            raise DataError(f"{name(without)}: no type of annotations, which other records have")
        blob = self._pipeline(images, numbers, key, name, boxes)
        for each in boxes:
            each.finish(is_cut=self._crops)
        rows = self._yolo_rows(boxes) if self._yolo else _rows(boxes)
        if self._masks is None:
            return blob, rows
        return blob, rows, self._class_masks(positions, boxes, blob)

    def label_images(self, positions: Sequence[int]) -> list[Image]:
        """The label images of records."""
        records = self._records.read(positions)
        return read_label_images(records, lambda index: self._records.name(positions[index]))

    def _class_masks(self, positions: Sequence[int], views: Sequence[Boxes], blob: Floats) -> Floats:
        assert self._masks is not None
        images = self.label_images(positions)
        masks = [self._masks(image, view, *blob.shape[2:]) for image, view in zip(images, views, strict=True)]
        return np.stack(masks)

    def keep(self, kept: Kept) -> bool:
        """Keep images after decoding; boxes move along in the other transforms."""
        return self._pipeline.keep(kept)

    def key_of(self, index: int) -> str:
        """The key of a record."""
        return self._records.key(index)

    def name(self, index: int) -> str:
        """The database and the key of a record."""
        return self._records.name(index)

    def close(self) -> None:
        """Close the database."""
        self._records.close()

    def _read(
        self, positions: Sequence[int]
    ) -> tuple[Sequence[Image | Encoded] | Image, Floats, list[Boxes | None]]:
        records = self._records.read(positions)
        images, labels, boxes = read_annotated(records, lambda index: self._records.name(positions[index]))
        if self._boxed:
            boxes = [_without_boxes() if each is None else each for each in boxes]
        return images, labels, boxes

    def _yolo_rows(self, boxes: Sequence[Boxes]) -> Floats:
        kept = [np.ones(len(each), bool) if self._difficult else each.rows[:, 2] == 0 for each in boxes]
        chosen = [Boxes(each.edges[some], each.rows[some]) for each, some in zip(boxes, kept, strict=True)]
        return yolo_rows(chosen)[:, None]


def _without_boxes() -> Boxes:
    return Boxes(np.empty((0, 4), np.float32), np.empty((0, 3), np.float32))


def _rows(boxes: Sequence[Boxes]) -> Floats:
    """A row for each box of each image; one of -1 if there are none."""
    rows = [
        np.column_stack((np.full(len(each), index), each.rows[:, :2], each.edges, each.rows[:, 2:]))
        for index, each in enumerate(boxes)
    ]
    joined = np.concatenate(rows) if rows else np.empty((0, 8))
    return (joined if len(joined) else np.full((1, 8), -1.0)).astype(np.float32)[None, None]
