"""Filters on images, by hand."""

from __future__ import annotations

import numpy as np

from layerzoo.data.filters import blur, compress, equalize, equalize_locally, erode, posterize


def test_blur_of_a_point_is_the_kernel() -> None:
    image = np.zeros((1, 15, 15), np.uint8)
    image[0, 7, 7] = 255
    kernel = np.exp(-(np.arange(-3, 4) ** 2) / (2 * 1.5**2))
    kernel /= kernel.sum()
    np.testing.assert_allclose(blur(image)[0, 4:11, 4:11], 255 * np.outer(kernel, kernel), atol=0.51)
    assert (blur(np.full((3, 4, 5), 9, np.uint8)) == 9).all(), "mirrored at the edges"


def test_equalize_spreads_the_levels() -> None:
    image = np.array([[[10, 10, 20, 30]]], np.uint8)
    # the first level becomes 0, then 255 * 1 / 2 and 255 * 2 / 2
    assert equalize(image).tolist() == [[[0, 0, 128, 255]]]
    one = np.full((1, 3, 3), 50, np.uint8)
    assert equalize(one).tolist() == one.tolist()


def test_equalize_of_colours_changes_the_brightness() -> None:
    image = np.stack([np.tile(np.arange(100, 116, dtype=np.uint8), (16, 1))] * 3)
    spread = equalize(image)
    assert spread[:, 0, 0].tolist() == [0, 0, 0]
    assert spread[:, 0, -1].tolist() == [255, 255, 255]


def test_equalize_locally_raises_contrast_within_its_limit() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(100, 110, (1, 32, 40), dtype=np.uint8)
    spread = equalize_locally(image)
    assert spread.shape == image.shape
    assert np.ptp(spread) > 2 * np.ptp(image)
    # tiles of 4 x 5: no count may exceed one, so 20 of 256 levels rise one step of 255 / 20 at most
    assert np.ptp(spread) < np.ptp(equalize(image))
    assert equalize_locally(rng.integers(0, 256, (3, 13, 9), dtype=np.uint8)).shape == (3, 13, 9)


def test_erode_takes_the_darkest_of_a_cross() -> None:
    image = np.full((1, 5, 5), 9, np.uint8)
    image[0, 2, 2] = 1
    eroded = erode(image)[0]
    assert (eroded == 1).astype(int).tolist()[1:4] == [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]]
    assert eroded[0, 0] == 9


def test_posterize_has_four_levels() -> None:
    levels = posterize(np.arange(256, dtype=np.uint8).reshape(1, 16, 16))
    assert sorted(set(levels.ravel().tolist())) == [32, 96, 160, 224]
    assert levels[0, 0, 0] == 32
    assert levels[0, 4, 0] == 96


def test_compress_changes_little_at_high_quality() -> None:
    image = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (3, 48, 1))
    high, low = (compress(image, quality, "i").astype(int) - image for quality in (95, 5))
    assert np.abs(high).mean() < 2
    assert np.abs(low).mean() > np.abs(high).mean()
    assert compress(image[:1], 90, "i").shape == (3, 48, 48), "decoded in colour"
