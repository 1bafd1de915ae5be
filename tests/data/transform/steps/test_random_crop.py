"""The random resized crop."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Batch, Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.random_crop import RandomCrop
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter


def crop(phase: int = TRAIN, **fields: float) -> RandomCrop:
    made = RandomCrop.of(TransformationParameter(random_crop_param=fields), phase)
    assert made is not None
    return made


def test_regions_keep_to_area_and_aspect() -> None:
    step = crop(size=8, min_area=0.2, max_area=0.5, min_aspect=0.5, max_aspect=2)
    batch = Batch([], np.arange(300), 3)
    regions = np.array([step.region(100, 200, index, batch) for index in range(300)])
    top, left, tall, wide = regions.T
    area, aspect = tall * wide / 20_000, wide / tall
    assert area.min() > 0.19
    assert area.max() < 0.51
    assert aspect.min() > 0.48
    assert aspect.max() < 2.1
    assert ((top >= 0) & (left >= 0) & (top + tall <= 100) & (left + wide <= 200)).all()
    assert len(np.unique(left)) > 50


def test_region_is_central_in_test() -> None:
    assert crop(TEST, size=8).region(100, 200, 0, Batch([], np.arange(1))) == (0, 50, 100, 100)
    assert crop(TEST, height=10, width=40).region(100, 200, 0, Batch([], np.arange(1))) == (25, 0, 50, 200)
    assert not crop(TEST, size=8).random


def test_region_that_never_fits_is_central() -> None:
    step = crop(size=8, min_area=1, max_area=1, min_aspect=1, max_aspect=1)
    assert step.region(10, 200, 0, Batch([], np.arange(1))) == (0, 95, 10, 10)


def test_boxes_and_masks_move_along() -> None:
    image = np.zeros((3, 40, 40), np.uint8)
    image[:, 10:30, 10:30] = 255
    boxes = [Boxes(np.array([[0.25, 0.25, 0.75, 0.75]], np.float32), np.ones((1, 3), np.float32))]
    masks = [(image[:1] > 0).astype(np.float32)]
    blob = Pipeline(crop(size=64, min_area=0.6))([image], np.array([4]), boxes=boxes, masks=masks)
    rows, columns = np.nonzero(blob[0, 0] > 127)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(boxes[0].edges[0] * 64, seen, atol=2)
    assert masks[0].shape == (1, 64, 64)
    assert ((masks[0][0] == 1) == (blob[0, 0] > 127)).mean() > 0.95


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "the result is 0 x 0 pixels"),
        ({"size": 8, "width": 9}, "exclude each other"),
        ({"size": 8, "min_area": 0}, "areas from 0 to 1"),
        ({"size": 8, "min_aspect": 3}, "aspects from 3 to"),
    ],
)
def test_fields_are_checked(fields: dict[str, float], message: str) -> None:
    with pytest.raises(LayerFault, match=message):
        crop(**fields)
