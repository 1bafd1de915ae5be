"""Read AnnotatedDatum messages: the images with boxes in SSD's databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from google.protobuf.message import DecodeError

from layerzoo.data.datum import images_of
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Floats, Image
from layerzoo.data.transform.boxes import Boxes
from layerzoo.errors import DataError
from layerzoo.image_file import decode
from layerzoo.schema import AnnotatedDatum

_MOST: Final = 1_000_000
"""The largest edge of a box, in sizes of its image."""


def read_annotated(
    values: Sequence[bytes], name_of: Callable[[int], str]
) -> tuple[Sequence[Image | Encoded] | Image, Floats, list[Boxes | None]]:
    """Parse serialised AnnotatedDatums; encoded images stay encoded.

    Args:
        values: the records.
        name_of: gives the name of a record for error messages, by its index.

    Returns:
        images of channels x height x width, see `layerzoo.data.datum.read_datums`; labels; and the boxes of
        each record, None for one without a type of annotations.

    Raises:
        DataError: a record is damaged or inconsistent.
    """
    datums = [_parse(value, index, name_of) for index, value in enumerate(values)]
    images, labels = images_of([datum.datum for datum in datums], name_of)
    return images, labels, [_boxes(datum, name_of(index)) for index, datum in enumerate(datums)]


def read_label_images(values: Sequence[bytes], name_of: Callable[[int], str]) -> list[Image]:
    """The label images of serialised AnnotatedDatums, each 1 x height x width, bytes.

    Args:
        values, name_of: see `read_annotated`.

    Raises:
        DataError: a record is damaged or has none.
    """
    images = []
    for index, value in enumerate(values):
        data = _parse(value, index, name_of).datum.seg_label
        if not data:
            raise DataError(f"{name_of(index)}: no label image in seg_label; a third top needs one")
        images.append(decode(data, False, f"{name_of(index)}, seg_label"))
    return images


def _parse(value: bytes, index: int, name_of: Callable[[int], str]) -> AnnotatedDatum:
    try:
        datum = AnnotatedDatum.FromString(value)
    except DecodeError:
        raise DataError(f"{name_of(index)}: damaged, or not an AnnotatedDatum") from None
    if not datum.HasField("datum"):
        raise DataError(f"{name_of(index)}: no AnnotatedDatum: it holds no image")
    return datum


def _boxes(datum: AnnotatedDatum, name: str) -> Boxes | None:
    if not datum.HasField("type") and not datum.annotation_group:
        return None
    boxes = [
        (
            (box.xmin, box.ymin, box.xmax, box.ymax),
            (group.group_label, annotation.instance_id, float(box.difficult)),
        )
        for group in datum.annotation_group
        for annotation in group.annotation
        for box in (annotation.bbox,)
    ]
    edges = np.array([edges for edges, _ in boxes], np.float32).reshape(-1, 4)
    if not (np.abs(edges) <= _MOST).all():
        message = f"a box with an edge that is not a number from -{_MOST:,} to {_MOST:,}"
        raise DataError(f"{name}: {message}; edges are fractions of the image's width and height")
    return Boxes(edges, np.array([row for _, row in boxes], np.float32).reshape(-1, 3))
