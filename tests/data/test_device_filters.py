"""Filters on devices compute what numpy computes, to within a grey level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from layerzoo.data.device_filters import blur_all, gray_all, normals_all, warp_all
from layerzoo.data.draws import normals
from layerzoo.data.filters import blur
from layerzoo.data.interpolation import interpolate
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.warping import about_centre, affine, from_corners, warp
from layerzoo.schema import TRAIN, ResizeParameter, TransformationParameter

RNG = np.random.default_rng(0)
IMAGES = [interpolate(RNG.integers(0, 256, (3, 8, 12), dtype=np.uint8), 40, 60, "CUBIC") for _ in range(6)]
CASES: dict[str, dict[str, Any]] = {
    "warp": {
        "warp_param": {
            "max_rotation": 30,
            "max_shear": 10,
            "max_translation": 0.1,
            "min_zoom": 0.8,
            "max_zoom": 1.2,
            "max_perspective": 0.4,
        }
    },
    "edge": {"warp_param": {"max_rotation": 30, "border": ResizeParameter.REPEAT_NEAREST}},
    "reflect": {"warp_param": {"max_rotation": 30, "border": ResizeParameter.MIRRORED}},
    "jitter": {"color_jitter_param": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}},
    "gray": {"gray_prob": 0.5},
    "blur": {"blur_param": {"prob": 0.7}},
    "noise": {"gaussian_noise_param": {"min_std": 5, "max_std": 30}},
    "cutout": {"cutout_param": {"count": 3}},
    "crop": {"crop_size": 32, "mirror": True},
}
CASES["all"] = {name: value for case in CASES.values() for name, value in case.items()}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("peak", [None, 1.0])
def test_steps_compute_the_same_on_a_device(case: str, peak: float | None) -> None:
    numbers = np.array([3, 4, 5, 106, 107, 2**40])
    images = IMAGES if peak is None else np.stack(IMAGES).astype(np.float32) / 255
    hosted = Pipeline(*transform_steps(TransformationParameter(**CASES[case]), TRAIN), peak=peak)
    param = TransformationParameter(on_device=True, **CASES[case])
    split = Pipeline(*transform_steps(param, TRAIN), peak=peak)
    assert len(split.deferred) >= 1
    wanted = hosted(images, numbers, 11)
    given = split.run_on_device(torch.from_numpy(split(images, numbers, 11)), numbers, 11)
    assert given.dtype == torch.float32
    level = 1 if peak is None else 1 / 255
    difference = np.abs(given.numpy() - wanted)
    assert difference.max() <= 1.001 * level
    assert (difference > 0.01 * level).mean() < 0.03
    assert np.abs(wanted - np.stack(images)[..., : wanted.shape[2], : wanted.shape[3]]).max() > 10 * level


def test_warp_all_is_warp() -> None:
    maps = [
        about_centre(affine(33, (3, 2)), 40, 60),
        from_corners([(5, 3), (50, 1), (59, 39), (0, 30)], 40, 60),
    ]
    warped = warp_all(torch.from_numpy(np.stack(IMAGES[:2])), np.stack(maps), (1, 2, 3))
    for image, matrix, result in zip(IMAGES, maps, warped.numpy(), strict=False):
        np.testing.assert_allclose(result, warp(image, matrix, fill=(1, 2, 3)), atol=1)


def test_blur_all_is_blur() -> None:
    values = torch.from_numpy(np.stack(IMAGES[:2])).float()
    blurred = blur_all(values, 13, np.array([0.0, 2.0])).round()
    np.testing.assert_array_equal(blurred[0].numpy(), IMAGES[0])
    np.testing.assert_allclose(blurred[1].numpy(), blur(IMAGES[1], 13, 2.0), atol=1)


def test_normals_all_is_normals() -> None:
    keys = [5, 2**63 - 1]
    drawn = normals_all(keys, 1001, torch.device("cpu"))
    np.testing.assert_allclose(drawn.numpy(), [normals(key, 1001) for key in keys], rtol=1e-9, atol=1e-9)


def test_gray_all_rounds_as_opencv_does() -> None:
    values = torch.tensor([10.0, 20.0, 30.0]).view(1, 3, 1, 1)
    assert gray_all(values).flatten().tolist() == [22, 22, 22]
