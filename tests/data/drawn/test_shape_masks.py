"""The task of the shape that each pixel belongs to."""

from __future__ import annotations

import numpy as np

from layerzoo.data.drawn_shapes import NAMES, draw
from tests.data.drawn.drawing import drawn


def test_masks_are_those_of_the_images(monkeypatch) -> None:
    seen = []

    def watched(*args):
        seen.append(draw(*args))
        return seen[-1]

    monkeypatch.setattr("layerzoo.data.drawn.shape_masks.draw", watched)
    image, mask = drawn("shape_masks", "size: 40 max_shapes: 2", count=50)
    assert (image.shape, mask.shape) == ((50, 3, 40, 40), (50, 1, 40, 40))
    assert 0 <= image.min() < image.max() <= 1
    for picture, pixels, made in zip(image, mask, seen, strict=True):
        np.testing.assert_allclose(picture * 255, made.image, atol=1e-3)
        np.testing.assert_array_equal(pixels[0], made.mask)
        assert {*np.unique(pixels)} == {0, *made.boxes[:, 0]}
        assert len(made.boxes) <= 2


def test_each_shape_is_as_frequent_and_the_background_prevails() -> None:
    _, mask = drawn("shape_masks", count=400)
    present = [(mask == number).any((1, 2, 3)).mean() for number in range(1, len(NAMES) + 1)]
    assert np.ptp(present) < 0.12
    assert 0.6 < (mask == 0).mean() < 0.9


def test_pixels_of_a_mask_are_those_that_the_image_paints() -> None:
    """The mean colour inside of a mask differs from that of the pixels around it, which a shift would mix."""
    image, mask = drawn("shape_masks", "size: 64 max_shapes: 1", count=60)
    for picture, pixels in zip(image, mask[:, 0] > 0, strict=True):
        grown = np.pad(pixels, 2)
        near = np.any([np.roll(grown, step, axis) for step in (-2, 2) for axis in (0, 1)], 0)[2:-2, 2:-2]
        difference = picture[:, pixels].mean(1) - picture[:, near & ~pixels].mean(1)
        assert np.linalg.norm(difference) > 0.15
