"""Normal noise."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.gaussian_noise import GaussianNoise
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter

GREY = np.full((3, 64, 64), 128, np.uint8)


def step(phase: int = TRAIN, **fields: float) -> GaussianNoise | None:
    return GaussianNoise.of(TransformationParameter(gaussian_noise_param=fields), phase)


def test_noise_has_the_given_deviation() -> None:
    blob = Pipeline(step(min_std=12, max_std=12))([GREY] * 2, np.array([3, 4]))
    noise = blob - 128
    assert noise.std() == pytest.approx(12, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.2)
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.03
    again = Pipeline(step(min_std=12, max_std=12))([GREY], np.array([4]))
    np.testing.assert_array_equal(again[0], blob[1])


def test_deviation_and_choice_are_random() -> None:
    small = GREY[:, :16, :16]
    blobs = Pipeline(step(max_std=20, prob=0.5))([small] * 200, np.arange(200))
    deviations = blobs.std((1, 2, 3))
    assert (deviations == 0).mean() == pytest.approx(0.5, abs=0.15)
    assert 17 < deviations.max() < 22


def test_ranges_are_checked() -> None:
    assert step(TEST) is None
    with pytest.raises(LayerFault, match="deviations from 20 to 10"):
        step(min_std=20)
    with pytest.raises(LayerFault, match="prob is -1"):
        step(prob=-1)
