"""TrivialAugment; `tests/data/transform/test_operations.py` tests the operations."""

from __future__ import annotations

import numpy as np

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.trivial_augment import TrivialAugment
from layerzoo.schema import TEST, TRAIN, TransformationParameter

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 24, 24), dtype=np.uint8)


def test_one_operation_is_applied_to_each_image() -> None:
    step = TrivialAugment.of(TransformationParameter(trivial_augment=True), TRAIN)
    blobs = Pipeline(step)([IMAGE] * 100, np.arange(100), 3)
    assert len(np.unique(blobs, axis=0)) > 60
    same = (blobs == IMAGE).all((1, 2, 3)).sum()
    assert 2 <= same <= 25, "Identity is one of 14 operations"
    np.testing.assert_array_equal(Pipeline(step)([IMAGE], np.array([31]), 3)[0], blobs[31])


def test_it_is_for_training_alone() -> None:
    assert TrivialAugment.of(TransformationParameter(trivial_augment=True), TEST) is None
    assert TrivialAugment.of(TransformationParameter(), TRAIN) is None


def test_values_outside_have_the_units_of_the_image() -> None:
    images, numbers = np.full((60, 3, 24, 24), 0.8, np.float32), np.arange(60)
    param = TransformationParameter(trivial_augment=True, fill_value=[0.4])
    of_floats = Pipeline(TrivialAugment.of(param, TRAIN), peak=1.0)(images, numbers)
    param.fill_value[0] = 102
    of_bytes = Pipeline(TrivialAugment.of(param, TRAIN))((images * 255).astype(np.uint8), numbers)
    np.testing.assert_allclose(of_floats * 255, of_bytes, atol=1e-4)
    assert (of_bytes == 102).any()
