"""The data set of drawn shapes."""

from __future__ import annotations

import numpy as np

from layerzoo.data.datasets.shapes import COUNTS, Shapes


def test_splits_have_their_sizes_and_differ() -> None:
    train, labels = Shapes().load("train")
    test, _ = Shapes().load("test")
    assert (len(train), len(test)) == (COUNTS["train"], COUNTS["test"])
    assert train.shape[1:] == (3, 96, 96)
    assert train.dtype == np.float32
    assert 0 <= train.min() < 0.1
    assert 0.9 < train.max() <= 1
    assert np.bincount(labels.astype(int)).min() > 300  # four classes, about 400 each
    assert not (train[:400] == test).all(axis=(1, 2, 3)).any()


def test_label_is_the_class_of_the_largest_shape() -> None:
    _, labels = Shapes().load("test")
    _, objects = Shapes().load_objects("test")
    for label, found in zip(labels, objects, strict=True):
        areas = (found[:, 3] - found[:, 1]) * (found[:, 4] - found[:, 2])
        assert found[areas.argmax(), 0] == label + 1


def test_boxes_and_masks_agree() -> None:
    _, objects = Shapes().load_objects("test")
    _, masks = Shapes().load_masks("test")
    for found, mask in zip(objects, masks, strict=True):
        assert 1 <= len(found) <= Shapes.max_objects
        assert set(np.unique(mask)) - {0} == set(found[:, 0])
        for number, *box in found:
            left, top, right, bottom = (round(float(value) * 96) for value in box)
            inside = mask[max(top, 0) : bottom, max(left, 0) : right] == number
            rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
            assert len(rows) >= bottom - top - 3  # a corner may cover less than half of its pixels
            assert len(columns) >= right - left - 3
