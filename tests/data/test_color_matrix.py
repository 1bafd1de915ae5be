"""Changes of colours as one matrix, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.color_matrix import color_matrix, mean_gray, recolor

PIXELS = np.array([[[10, 100]], [[20, 100]], [[30, 100]]], np.uint8)


def changed(**factors: float) -> list[list[int]]:
    matrix = color_matrix(3, mean_gray(PIXELS), **factors)
    return recolor(PIXELS, *matrix)[:, 0].T.tolist()


def test_no_change_is_the_identity() -> None:
    assert changed() == [[10, 20, 30], [100, 100, 100]]


def test_brightness_and_contrast() -> None:
    assert changed(brightness=1.5) == [[15, 30, 45], [150, 150, 150]]
    # the mean grey is (0.114 * 10 + 0.587 * 20 + 0.299 * 30 + 100) / 2 = 60.925
    assert mean_gray(PIXELS) == pytest.approx(60.925)
    assert changed(contrast=0) == [[61, 61, 61]] * 2
    assert changed(contrast=0.5, brightness=2) == [[71, 81, 91], [161, 161, 161]]


def test_saturation_keeps_the_brightness() -> None:
    assert changed(saturation=0) == [[22, 22, 22], [100, 100, 100]]  # 21.85
    assert changed(saturation=2)[1] == [100, 100, 100]
    blue, green, red = changed(saturation=2)[0]
    assert (blue, red) == (0, 38)  # 10 - 11.85 is limited to 0; 30 + 8.15
    assert green == 18


def test_hue_turns_colours_around_gray() -> None:
    assert changed(hue=0.25)[1] == [100, 100, 100]
    red = np.array([0, 0, 200], np.uint8).reshape(3, 1, 1)
    third = recolor(red, *color_matrix(3, 0, hue=1 / 3)).ravel()
    assert third.argmax() != 2
    assert changed(hue=1) == changed()


def test_one_channel_has_brightness_and_contrast_alone() -> None:
    matrix, offset = color_matrix(1, 50, 2, 0.5, 9, 0.3)
    assert matrix.tolist() == [[1]]
    assert offset == 50


def test_mean_gray_weighs_the_exact_means_of_channels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (301, 407, 3), np.uint8)
    blue, green, red = (pixels[..., channel].astype(int).sum() / (301 * 407) for channel in range(3))
    expected = 0.114 * blue + 0.587 * green + 0.299 * red
    assert mean_gray(pixels.transpose(2, 0, 1)) == pytest.approx(expected, rel=1e-14)
    white = np.full((1, 2, 1 << 14), 255, np.uint8)
    assert mean_gray(white) == 255
