"""Grey images, with a probability."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.gray import Gray
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter


def test_a_part_of_the_images_becomes_gray() -> None:
    image = np.array([10, 20, 30], np.uint8).reshape(3, 1, 1)
    step = Gray.of(TransformationParameter(gray_prob=0.3), TRAIN)
    blobs = Pipeline(step)([image] * 500, np.arange(500))[:, :, 0, 0]
    changed = (blobs == 22).all(1)  # 0.114 * 10 + 0.587 * 20 + 0.299 * 30 = 21.85
    assert changed.mean() == pytest.approx(0.3, abs=0.08)
    assert (blobs[~changed] == [10, 20, 30]).all()
    single = image[:1]
    assert (Pipeline(step)([single] * 9, np.arange(9)) == 10).all()


def test_probability_is_checked() -> None:
    assert Gray.of(TransformationParameter(gray_prob=0.3), TEST) is None
    with pytest.raises(LayerFault, match="gray_prob is 2"):
        Gray.of(TransformationParameter(gray_prob=2), TRAIN)
