"""Random changes of colours; `tests/data/test_color_matrix.py` computes them by hand."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Batch, Pipeline
from layerzoo.data.transform.steps.color_jitter import ColorJitter
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter

IMAGE = np.random.default_rng(0).integers(60, 190, (3, 8, 8), dtype=np.uint8)


def jitter(phase: int = TRAIN, **fields: float) -> ColorJitter | None:
    return ColorJitter.of(TransformationParameter(color_jitter_param=fields), phase)


def test_factors_keep_to_their_ranges() -> None:
    step = jitter(brightness=0.4, contrast=0.2, saturation=1, hue=0.1, prob=0.5)
    assert step is not None
    batch = Batch([], np.arange(1000), 5)
    factors = [step.factors(batch, index) for index in range(1000)]
    drawn = np.array([each for each in factors if each is not None])
    assert len(drawn) == pytest.approx(500, abs=60)
    np.testing.assert_allclose(drawn.min(0), [0.6, 0.8, 0, -0.1], atol=0.02)
    np.testing.assert_allclose(drawn.max(0), [1.4, 1.2, 2, 0.1], atol=0.02)


def test_brightness_multiplies_all_values() -> None:
    blob = Pipeline(jitter(brightness=0.3))([IMAGE], np.array([7]))[0]
    ratios = blob / IMAGE
    assert np.ptp(ratios) < 0.02
    assert abs(ratios.mean() - 1) > 0.01


def test_values_from_0_to_1_stay_in_that_range() -> None:
    values = (IMAGE / 255).astype(np.float32)
    blob = Pipeline(jitter(brightness=1, hue=0.5), peak=1.0)(values[None], np.array([7]))
    assert 0 <= blob.min() < blob.max() <= 1
    np.testing.assert_allclose(
        blob[0] * 255, Pipeline(jitter(brightness=1, hue=0.5))([IMAGE], np.array([7]))[0], atol=1e-3
    )
    with pytest.raises(DataError, match="color_jitter_param works on images of bytes"):
        Pipeline(jitter(hue=0.5))(values[None], np.array([7]))


def test_jitter_is_for_training_and_checked() -> None:
    assert jitter(TEST, brightness=0.1) is None
    with pytest.raises(LayerFault, match=r"hue is 0.6; it has to be 0 to 0.5"):
        jitter(hue=0.6)
