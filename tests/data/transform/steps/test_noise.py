"""``noise_param``; results of SSD are compared in the tests of ImageData."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data import filters
from layerzoo.data.colors import to_hsv, to_lab
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.noise import Noise
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST, TransformationParameter

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 16, 16), dtype=np.uint8)


def noised(image: np.ndarray = IMAGE, count: int = 1, **fields: object) -> np.ndarray:
    return Pipeline(Noise.of(TransformationParameter(noise_param=fields), TEST))(
        [image] * count, np.arange(count)
    )


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("inverse", 255 - IMAGE),
        ("gauss_blur", filters.blur(IMAGE)),
        ("hist_eq", filters.equalize(IMAGE)),
        ("clahe", filters.equalize_locally(IMAGE)),
        ("erode", filters.erode(IMAGE)),
        ("posterize", filters.posterize(IMAGE)),
        ("convert_to_hsv", to_hsv(IMAGE)),
        ("convert_to_lab", to_lab(IMAGE)),
    ],
)
def test_each_filter_is_applied_whatever_prob_is(field: str, wanted: np.ndarray) -> None:
    np.testing.assert_array_equal(noised(**{field: True})[0], wanted)


def test_filters_are_applied_in_ssds_order() -> None:
    wanted = 255 - filters.posterize(filters.blur(IMAGE))
    np.testing.assert_array_equal(noised(inverse=True, posterize=True, gauss_blur=True)[0], wanted)
    np.testing.assert_array_equal(noised(jpeg=50)[0], filters.compress(IMAGE, 50, ""))
    gray = noised(decolorize=True)[0]
    assert (gray == gray[0]).all()


def test_salt_and_pepper_replace_a_fraction() -> None:
    fields = {"saltpepper": True, "saltpepper_param": {"fraction": 0.1, "value": [1, 2, 3]}}
    blobs = noised(np.full((3, 50, 50), 9, np.uint8), 2, **fields)
    changed = (blobs != 9).any(1)
    assert changed.mean() == pytest.approx(0.1, abs=0.02)
    assert (blobs[0].transpose(1, 2, 0)[changed[0]] == [1, 2, 3]).all()
    assert (changed[0] != changed[1]).any()


def test_faults() -> None:
    with pytest.raises(LayerFault, match="saltpepper without values"):
        noised(saltpepper=True)
    with pytest.raises(LayerFault, match="jpeg is 101"):
        noised(jpeg=101)
    with pytest.raises(DataError, match="convert_to_hsv needs 3 channels; the image has 1"):
        noised(IMAGE[:1], convert_to_hsv=True)
    with pytest.raises(DataError, match="noise_param works on images of bytes"):
        noised(IMAGE.astype(np.float32), inverse=True)


def test_effects_of_deepdetect_are_applied_with_their_probability() -> None:
    blobs = noised(IMAGE, 400, prob=0.25, all_effects=False, inverse=True)
    changed = (blobs != IMAGE).any((1, 2, 3))
    assert changed.mean() == pytest.approx(0.25, abs=0.08)
    np.testing.assert_array_equal(blobs[changed][0], 255 - IMAGE)
    np.testing.assert_array_equal(noised(prob=0.001, all_effects=False)[0], IMAGE)
    assert len(np.unique(noised(IMAGE, 30, prob=0.5, all_effects=True), axis=0)) > 20
