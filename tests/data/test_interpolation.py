"""Kinds of interpolation; results of OpenCV are compared in the tests of ImageData's recordings."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.interpolation import KINDS, area_weights, interpolate

ROW = np.array([[[0, 100, 200, 40]]], np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_interpolate_keeps_an_image_of_one_colour(kind: str) -> None:
    image = np.full((3, 7, 5), 77, np.uint8)
    for size in ((3, 4), (11, 9), (3, 9)):
        resized = interpolate(image, *size, kind)
        assert resized.shape == (3, *size)
        assert (resized == 77).all()


def test_area_averages_the_pixels_that_a_new_one_covers() -> None:
    assert interpolate(ROW, 1, 2, "AREA").tolist() == [[[50, 120]]]
    # a third of the way into the second pixel: (3 * 0 + 100) / 4, (2 * 100 + 2 * 200) / 4, (200 + 3 * 40) / 4
    assert interpolate(ROW, 1, 3, "AREA").tolist() == [[[25, 150, 80]]]


def test_nearest_takes_the_pixel_at_the_left_edge() -> None:
    assert interpolate(ROW, 1, 2, "NEAREST").tolist() == [[[0, 200]]]
    assert interpolate(ROW, 1, 8, "NEAREST").tolist() == [[[0, 0, 100, 100, 200, 200, 40, 40]]]


def test_cubic_overshoots_and_is_clipped_to_bytes() -> None:
    step = np.array([[[0, 0, 255, 255]]], np.uint8)
    resized = interpolate(step, 1, 8, "CUBIC")[0, 0]
    assert resized.tolist() == sorted(resized.tolist())
    values = interpolate(step.astype(np.float32), 1, 8, "CUBIC")[0, 0]
    assert values.min() < 0
    assert values.max() > 255
    # at a quarter of a pixel beyond the second: weights of the cubic with a = -0.75
    part = 0.25
    third = (1.25 * (1 - part) - 2.25) * (1 - part) ** 2 + 1
    fourth = -0.75 * (part**2 - part**3)
    assert values[3] == pytest.approx(255 * (third + fourth), rel=1e-5)


def test_lanczos_gives_the_pixel_itself_at_its_centre() -> None:
    resized = interpolate(ROW, 1, 12, "LANCZOS4")[0, 0]  # every third new pixel is at a centre
    assert resized[1::3].tolist() == ROW[0, 0].tolist()


def test_float_images_are_not_rounded() -> None:
    values = interpolate(ROW.astype(np.float32) / 3, 1, 2, "AREA")
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, [[[50 / 3, 40]]], rtol=1e-6)


@pytest.mark.parametrize("size", [(4, 5), (12, 20), (3, 20), (8, 10)])
def test_area_weights_compute_what_area_computes(size: tuple[int, int]) -> None:
    image = np.random.default_rng(3).random((1, 8, 10)).astype(np.float32)
    down, across = area_weights(8, 10, *size)
    assert (down.shape, across.shape) == ((size[0], 8), (size[1], 10))
    np.testing.assert_allclose(down @ image[0] @ across.T, interpolate(image, *size, "AREA")[0], atol=1e-6)
