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
