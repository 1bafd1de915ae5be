"""Records with boxes."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.annotated import read_annotated
from layerzoo.errors import DataError
from layerzoo.schema import AnnotatedDatum


def record(*edges: float) -> bytes:
    made = AnnotatedDatum(type=AnnotatedDatum.BBOX)
    made.datum.channels, made.datum.height, made.datum.width, made.datum.data = 1, 1, 2, b"ab"
    made.datum.label = 4
    group = made.annotation_group.add(group_label=5)
    box = group.annotation.add(instance_id=2).bbox
    box.xmin, box.ymin, box.xmax, box.ymax = edges
    box.difficult = True
    return made.SerializeToString()


def test_boxes_and_images_of_records() -> None:
    images, labels, boxes = read_annotated([record(0.125, 0.25, 0.5, 1.5)] * 2, str)
    assert np.asarray(images).tolist() == [[[[97, 98]]]] * 2
    assert labels.tolist() == [4, 4]
    assert boxes[0] is not None
    assert boxes[0].edges.tolist() == [[0.125, 0.25, 0.5, 1.5]]
    assert boxes[0].rows.tolist() == [[5, 2, 1]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"\xff\xff", "record 0: damaged, or not an AnnotatedDatum"),
        (b"", "record 0: no AnnotatedDatum: it holds no image"),
        (record(0, 0, float("nan"), 1), "record 0: a box with an edge that is not a number from"),
        (record(0, 0, 3e38, 1), "edges are fractions of the image's width and height"),
    ],
)
def test_damaged_records_are_errors(value: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_annotated([value], "record {}".format)
