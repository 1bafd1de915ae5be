"""The task of the shapes that an image shows."""

from __future__ import annotations

import numpy as np

from layerzoo.data.drawn_shapes import draw
from tests.data.drawn.drawing import drawn


def test_labels_are_the_shapes_of_the_image() -> None:
    image, labels = drawn("multi_label", "size: 40 max_shapes: 2", count=60)
    assert (image.shape, labels.shape) == ((60, 3, 40, 40), (60, 4))
    assert 0 <= image.min() < image.max() <= 1
    assert set(labels.sum(1)) == {1, 2}


def test_labels_of_an_image_are_the_classes_in_its_mask(monkeypatch) -> None:
    seen = []

    def watched(*args):
        seen.append(draw(*args))
        return seen[-1]

    monkeypatch.setattr("layerzoo.data.drawn.multi_label.draw", watched)
    image, labels = drawn("multi_label", count=50)
    for picture, row, made in zip(image, labels, seen, strict=True):
        np.testing.assert_allclose(picture * 255, made.image, atol=1e-3)
        assert {number + 1 for number in np.flatnonzero(row)} == set(np.unique(made.mask)) - {0}


def test_each_shape_is_as_frequent() -> None:
    _, labels = drawn("multi_label", count=400)
    assert np.ptp(labels.mean(0)) < 0.12
