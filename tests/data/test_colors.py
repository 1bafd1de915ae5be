"""Colour spaces; OpenCV's results are compared in the tests of ImageData's recordings."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.colors import from_hsv, from_ycrcb, gray, to_bytes, to_hsv, to_lab, to_ycrcb


def pixel(*bgr: int) -> np.ndarray:
    return np.array(bgr, np.uint8).reshape(3, 1, 1)


@pytest.mark.parametrize(
    ("bgr", "hsv"),
    [
        ((0, 0, 255), (0, 255, 255)),
        ((0, 255, 0), (60, 255, 255)),
        ((255, 0, 0), (120, 255, 255)),
        ((128, 128, 128), (0, 0, 128)),
        ((50, 100, 200), (10, 191, 200)),  # 60 * 50 / 150 = 20 degrees; 255 * 150 / 200
        ((100, 50, 200), (170, 191, 200)),
    ],
)
def test_hsv_of_a_pixel(bgr: tuple[int, int, int], hsv: tuple[int, int, int]) -> None:
    assert to_hsv(pixel(*bgr)).ravel().tolist() == list(hsv)
    assert np.abs(from_hsv(pixel(*hsv)).astype(int).ravel() - bgr).max() <= 1


def test_hues_from_180_on_start_over() -> None:
    assert from_hsv(pixel(240, 255, 255)).tolist() == from_hsv(pixel(60, 255, 255)).tolist()


def test_gray_weighs_the_colours() -> None:
    assert gray(pixel(0, 0, 255)).item() == 76
    assert gray(pixel(0, 255, 0)).item() == 150
    assert gray(pixel(255, 0, 0)).item() == 29
    one = np.full((1, 2, 2), 9, np.uint8)
    assert gray(one) is one


def test_ycrcb_and_back() -> None:
    assert to_ycrcb(pixel(100, 100, 100)).ravel().tolist() == [100, 128, 128]
    assert to_ycrcb(pixel(0, 0, 255)).ravel().tolist() == [76, 255, 85]
    image = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    smooth = image // 2 + 64  # far from the limits, at which values are clipped
    assert np.abs(from_ycrcb(to_ycrcb(smooth)).astype(int) - smooth).max() <= 2


def test_lab_of_white_black_and_red() -> None:
    np.testing.assert_allclose(to_lab(pixel(255, 255, 255)).ravel(), [100, 0, 0], atol=0.02)
    np.testing.assert_allclose(to_lab(pixel(0, 0, 0)).ravel(), [0, 0, 0], atol=0.02)
    np.testing.assert_allclose(to_lab(pixel(0, 0, 255)).ravel(), [53.24, 80.09, 67.2], atol=0.1)


def test_to_bytes_rounds_and_clips() -> None:
    assert to_bytes(np.array([-3.0, 0.4, 1.5, 300.0])).tolist() == [0, 0, 2, 255]
