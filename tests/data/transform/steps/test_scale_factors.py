"""Images and labels at random sizes."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.scale_factors import ScaleFactors
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, TransformationParameter


def step(*factors: float) -> ScaleFactors:
    made = ScaleFactors.of(TransformationParameter(scale_factors=factors), TRAIN)
    assert made is not None
    return made


def test_labels_take_the_nearest_pixel() -> None:
    image = np.array([[[0, 0, 200, 200]] * 4], np.uint8)
    masks = [np.array([[[1, 1, 5, 5]] * 4], np.float32)]
    scaled = Pipeline(step(1.5))([image], np.arange(1), masks=masks)
    assert scaled.shape == (1, 1, 6, 6)
    assert sorted(set(masks[0].ravel().tolist())) == [1, 5]
    assert len(set(scaled.ravel().tolist())) > 2


def test_one_of_the_factors_is_drawn() -> None:
    made = step(0.5, 1, 2)
    assert made.random
    assert not step(2).random
    image = np.zeros((1, 4, 4), np.uint8)
    assert {Pipeline(made)([image], np.array([n])).shape[2] for n in range(30)} == {2, 4, 8}


def test_factors_are_checked() -> None:
    with pytest.raises(LayerFault, match="scale_factors has 0"):
        step(0)
