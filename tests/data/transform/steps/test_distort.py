"""Random changes of colours."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.distort import Distort
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TRAIN, TransformationParameter

NUMBERS = np.arange(200)


def distorted(image: np.ndarray, numbers: np.ndarray = NUMBERS, **fields: float) -> np.ndarray:
    step = Distort.of(TransformationParameter(distort_param=fields), TRAIN)
    return Pipeline(step)([image] * len(numbers), numbers)


GRAY = np.full((3, 1, 1), 100, np.uint8)
RED = np.array([20, 60, 180], np.uint8).reshape(3, 1, 1)


def test_brightness_adds_up_to_its_delta() -> None:
    values = distorted(GRAY, brightness_prob=1, brightness_delta=32)[:, 0, 0, 0]
    assert 68 <= values.min() < 72
    assert 128 < values.max() <= 132


def test_probability_is_the_share_of_changed_images() -> None:
    values = distorted(GRAY, np.arange(2000), brightness_prob=0.5, brightness_delta=200)[:, 0, 0, 0]
    assert (values != 100).mean() == pytest.approx(0.5, abs=0.04)


def test_contrast_multiplies() -> None:
    values = distorted(GRAY, contrast_prob=1, contrast_lower=0.5, contrast_upper=1.5)[:, 0, 0, 0]
    assert 50 <= values.min() < 55
    assert 145 < values.max() <= 150


def test_saturation_changes_colours_and_not_grays() -> None:
    fields = {"saturation_prob": 1, "saturation_lower": 0.5, "saturation_upper": 1.5}
    assert (distorted(GRAY, **fields) == 100).all()
    values = distorted(RED, **fields)
    assert (values[:, 2] == 180).all(), "the value of HSV"
    assert values[:, 0].min() < 5
    assert values[:, 0].max() > 80


def test_hue_turns_colours() -> None:
    values = distorted(RED, hue_prob=1, hue_delta=18)
    assert np.abs(values.max(1) - 180).max() <= 1
    assert len(np.unique(values[:, 1])) > 10


def test_channels_are_put_into_every_order() -> None:
    values = distorted(RED, random_order_prob=1)[:, :, 0, 0]
    assert len(np.unique(values, axis=0)) == 6
    assert (np.sort(values, 1) == [20, 60, 180]).all()


def test_result_depends_on_the_number_of_the_sample_alone() -> None:
    fields = {"brightness_prob": 1, "brightness_delta": 32, "hue_prob": 0.5, "hue_delta": 18}
    whole = distorted(RED, **fields)
    part = distorted(RED, NUMBERS[50:60], **fields)
    np.testing.assert_array_equal(part, whole[50:60])


def test_images_that_are_not_of_bytes_are_refused() -> None:
    with pytest.raises(DataError, match="distort_param works on images of bytes"):
        distorted(GRAY.astype(np.float32), brightness_prob=1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"contrast_prob": 1, "contrast_lower": 2, "contrast_upper": 1},
            "contrast_lower is 2, contrast_upper 1",
        ),
        ({"brightness_delta": -1}, "brightness_delta is -1"),
    ],
)
def test_ranges_are_checked(fields: dict[str, float], message: str) -> None:
    with pytest.raises(LayerFault, match=message):
        Distort.of(TransformationParameter(distort_param=fields), TRAIN)


def test_switches_of_deepdetect_have_one_probability() -> None:
    values = distorted(GRAY, np.arange(2000), prob=0.25, brightness=True, brightness_delta=200)[:, 0, 0, 0]
    assert (values != 100).mean() == pytest.approx(0.25, abs=0.04)
    assert (distorted(GRAY, prob=1, brightness_delta=200) == 100).all(), "not switched on"
    assert len(np.unique(distorted(RED, prob=1, random_order=True)[:, :, 0, 0], axis=0)) == 6
    everything = {"contrast_upper": 2, "saturation_upper": 2, "brightness_delta": 9, "hue_delta": 9}
    assert len(np.unique(distorted(RED, prob=1, all_effects=True, **everything), axis=0)) > 100
