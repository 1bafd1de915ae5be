"""Layouts of label blobs that hold boxes and masks."""

from __future__ import annotations

import numpy as np

from layerzoo.data.annotated_set import MaskSamples, ObjectSamples, RegionObjects, centred, in_pixels

OBJECTS = [
    np.array([[2, 0.1, 0.2, 0.5, 0.8], [1, 0, 0, 1, 1]], np.float32),
    np.array([[3, 0.25, 0.5, 0.75, 1]], np.float32),
]
IMAGES = np.zeros((2, 1, 4, 4), np.float32)


def test_object_samples_number_the_images_of_a_batch() -> None:
    samples = ObjectSamples(IMAGES, OBJECTS, rows=3)
    _, labels = samples.read(np.array([1, 0, 1]), np.arange(3), 0)
    assert labels.shape == (1, 1, 9, 8)
    assert labels[0, 0, :, 0].tolist() == [0, -1, -1, 1, 1, -1, 2, -1, -1]
    np.testing.assert_allclose(labels[0, 0, 0], [0, 3, 0, 0.25, 0.5, 0.75, 1, 0])
    np.testing.assert_allclose(labels[0, 0, 4], [1, 1, 1, 0, 0, 1, 1, 0])
    _, again = samples.read(np.array([0]), np.arange(1), 0)
    assert again[0, 0, :, 0].tolist() == [0, 0, -1]


def test_centred_gives_centres_and_sizes_and_classes_from_0() -> None:
    labels = centred(OBJECTS)
    assert labels.shape == (2, 300, 5)
    np.testing.assert_allclose(labels[0, 0], [1, 0.3, 0.5, 0.4, 0.6], rtol=1e-6)
    np.testing.assert_allclose(labels[0, 1], [0, 0.5, 0.5, 1, 1])
    np.testing.assert_allclose(labels[1, 0], [2, 0.5, 0.75, 0.5, 0.5])
    assert not labels[0, 2:].any()


def test_in_pixels_gives_pixels_that_belong_to_a_box_and_repeats_the_last_object() -> None:
    labels = in_pixels(OBJECTS, rows=3, side=10)
    np.testing.assert_allclose(labels[0], [[1, 2, 4, 7, 2], [0, 0, 9, 9, 1], [0, 0, 9, 9, 1]], rtol=1e-6)
    np.testing.assert_allclose(labels[1], [[2.5, 5, 6.5, 9, 3]] * 3)
    _, objects = RegionObjects(IMAGES, labels).read(np.array([1]), np.arange(1), 0)
    assert objects.shape == (3, 5)
    assert (objects == labels[1]).all()


def test_mask_samples_take_the_nearest_class() -> None:
    masks = np.array([[[1, 2], [3, 4]]], np.float32)

    def read(side: int) -> list[list[float]]:
        _, found = MaskSamples(IMAGES[:1], masks, side).read(np.array([0]), np.arange(1), 0)
        assert found.shape == (1, 1, side, side)
        return found[0, 0].tolist()

    assert read(2) == [[1, 2], [3, 4]]
    assert read(4) == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
