"""RandAugment; `tests/data/transform/test_operations.py` tests the operations."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.rand_augment import RandAugment
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 24, 24), dtype=np.uint8)


def step(phase: int = TRAIN, **fields: int) -> RandAugment | None:
    return RandAugment.of(TransformationParameter(rand_augment_param=fields), phase)


def test_images_change_differently_and_reproducibly() -> None:
    blobs = Pipeline(step())([IMAGE] * 60, np.arange(60), 9)
    assert len(np.unique(blobs, axis=0)) > 45
    np.testing.assert_array_equal(Pipeline(step())([IMAGE], np.array([17]), 9)[0], blobs[17])


def test_magnitude_0_of_gentle_operations_changes_nothing() -> None:
    blobs = Pipeline(step(magnitude=0, count=1))([IMAGE] * 100, np.arange(100))
    changed = (blobs != IMAGE).any((1, 2, 3)).mean()
    assert changed < 0.35, "only AutoContrast, Equalize and Solarize have an effect without strength"


def test_boxes_and_masks_move_along() -> None:
    square = np.zeros((3, 40, 40), np.uint8)
    square[:, 10:30, 10:30] = 255
    moved = 0
    for number in range(40):
        boxes = [Boxes(np.array([[0.25, 0.25, 0.75, 0.75]], np.float32), np.ones((1, 3), np.float32))]
        masks = [(square[:1] > 0).astype(np.float32)]
        Pipeline(step(count=1))([square], np.array([number]), boxes=boxes, masks=masks)
        rows, columns = np.nonzero(masks[0][0] == 1)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(boxes[0].edges[0] * 40, seen, atol=1.6)
        moved += not np.allclose(boxes[0].edges[0], [0.25, 0.25, 0.75, 0.75])
    assert 8 < moved < 25, "5 of 14 operations move"


def test_fields_are_checked() -> None:
    assert step(TEST) is None
    with pytest.raises(LayerFault, match="count is 0"):
        step(count=0)
    with pytest.raises(LayerFault, match="magnitude is 31; it has to be 0 to 30"):
        step(magnitude=31)


def test_values_outside_have_the_units_of_the_image() -> None:
    images, numbers = np.full((60, 3, 24, 24), 0.8, np.float32), np.arange(60)
    param = TransformationParameter(rand_augment_param={"count": 1, "magnitude": 20}, fill_value=[0.4])
    of_floats = Pipeline(RandAugment.of(param, TRAIN), peak=1.0)(images, numbers)
    param.fill_value[0] = 102
    of_bytes = Pipeline(RandAugment.of(param, TRAIN))((images * 255).astype(np.uint8), numbers)
    np.testing.assert_allclose(of_floats * 255, of_bytes, atol=1e-4)
    assert (of_bytes == 102).any()
