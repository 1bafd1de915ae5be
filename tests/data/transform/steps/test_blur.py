"""Random blur; `tests/data/test_filters.py` tests the filter."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.filters import blur
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.blur import Blur
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter

IMAGE = np.zeros((1, 31, 31), np.uint8)
IMAGE[0, 15, 15] = 255


def step(phase: int = TRAIN, **fields: float) -> Blur | None:
    return Blur.of(TransformationParameter(blur_param=fields), phase)


def test_blur_is_a_gaussian_of_the_given_width() -> None:
    blob = Pipeline(step(min_sigma=1.5, max_sigma=1.5))([IMAGE], np.arange(1))
    np.testing.assert_array_equal(blob[0], blur(IMAGE, 11, 1.5))
    assert blob[0, 0, 15, 15] == pytest.approx(255 / (2 * np.pi * 1.5**2), abs=1)


def test_width_and_choice_are_random() -> None:
    blobs = Pipeline(step(min_sigma=0.5, max_sigma=3, prob=0.5))([IMAGE] * 100, np.arange(100))
    peaks = blobs[:, 0, 15, 15]
    assert (peaks == 255).mean() == pytest.approx(0.5, abs=0.15)
    assert len(np.unique(peaks)) > 15


def test_image_smaller_than_the_kernel_is_blurred() -> None:
    small = np.array([[[0, 200], [0, 200]]], np.uint8)
    blob = Pipeline(step(min_sigma=9, max_sigma=9))([small], np.arange(1))
    assert blob.shape == (1, 1, 2, 2)
    assert 60 < blob.min() < blob.max() < 140
    assert Pipeline(step())([small[:, :1, :1]], np.arange(1)).item() == 0


def test_ranges_are_checked() -> None:
    assert step(TEST) is None
    with pytest.raises(LayerFault, match="sigmas from 3 to 2"):
        step(min_sigma=3)
    with pytest.raises(LayerFault, match=r"prob is 1.5"):
        step(prob=1.5)
