"""Images enlarged to the size of the crop."""

from __future__ import annotations

import numpy as np

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.mean import Mean
from layerzoo.data.transform.steps.pad import Pad


def test_padding_is_0_once_the_mean_is_subtracted() -> None:
    mean = np.array([1.5, 2.5, 3.5], np.float32)[:, None, None]
    masks = [np.ones((1, 2, 3), np.float32)]
    image = np.full((3, 2, 3), 9, np.uint8)
    padded = Pipeline(Pad(4, 3, mean, 255), Mean(mean))([image], np.arange(1), masks=masks)
    assert padded.shape == (1, 3, 4, 3)
    assert padded[0, :, 0, 0].tolist() == [7.5, 6.5, 5.5]
    assert (padded[0, :, 2:] == 0).all()
    assert masks[0][0].tolist() == [[1] * 3] * 2 + [[255] * 3] * 2


def test_larger_images_are_unchanged() -> None:
    image = np.full((3, 5, 6), 9, np.uint8)
    assert Pad(4, 3, None, 0).top_shape((3, 5, 6)) == (3, 5, 6)
    assert (Pipeline(Pad(4, 3, None, 0))([image], np.arange(1)) == 9).all()
