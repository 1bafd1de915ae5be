"""Compression of random quality."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.filters import compress
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.jpeg import JPEG
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 16, 16), dtype=np.uint8)


def step(phase: int = TRAIN, **fields: float) -> JPEG | None:
    return JPEG.of(TransformationParameter(jpeg_param=fields), phase)


def test_image_is_compressed_and_decoded() -> None:
    blob = Pipeline(step(min_quality=40, max_quality=40))([IMAGE], np.arange(1))
    np.testing.assert_array_equal(blob[0], compress(IMAGE, 40, ""))
    grey = Pipeline(step(min_quality=40, max_quality=40))([IMAGE[:1]], np.arange(1))
    assert grey.shape == (1, 1, 16, 16)


def test_qualities_cover_the_range() -> None:
    blobs = Pipeline(step(min_quality=20, max_quality=23, prob=0.5))([IMAGE] * 100, np.arange(100))
    wanted = [IMAGE, *(compress(IMAGE, quality, "") for quality in range(20, 24))]
    counts = [sum((blob == each).all() for blob in blobs) for each in wanted]
    assert sum(counts) == 100
    assert counts[0] == pytest.approx(50, abs=15)
    assert min(counts) > 3


def test_fields_are_checked() -> None:
    assert step(TEST) is None
    with pytest.raises(LayerFault, match="qualities from 0 to 95"):
        step(min_quality=0)
    with pytest.raises(LayerFault, match="prob is 3"):
        step(prob=3)
    with pytest.raises(DataError, match="jpeg_param takes 1 or 3 channels; the image has 2"):
        Pipeline(step())([IMAGE[:2]], np.arange(1))
