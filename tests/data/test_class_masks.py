"""Masks of classes from label images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.class_masks import ClassMasks, MaskSize
from layerzoo.data.transform.boxes import Boxes
from layerzoo.errors import DataError

HALF = MaskSize(0, 0, 2)


def view() -> Boxes:
    return Boxes(np.zeros((0, 4), np.float32), np.zeros((0, 3), np.float32))


@pytest.fixture
def label_map(tmp_path: Path) -> Path:
    path = tmp_path / "labelmap.prototxt"
    ids = (0, 2, 1, 2)  # a pixel of 1 or 3 is of the second mask, one of 2 of the first
    items = (f'item {{ name: "c{i}" label: {i} label_id: {each} r: 9 }}' for i, each in enumerate(ids))
    path.write_text("\n".join(items))
    return path


def test_each_class_has_a_mask_of_the_share_of_its_pixels(label_map: Path) -> None:
    masks = ClassMasks(HALF, label_map)
    labels = np.array([[[1, 3, 0, 2], [2, 1, 0, 9]]], np.uint8)  # 9 isn't in the file
    made = masks(labels, view(), 2, 4)
    assert len(masks) == 2
    assert made.dtype == np.float32
    # 1/4 and 3/4 of 255 are rounded to whole levels
    np.testing.assert_allclose(made, np.array([[[64, 64]], [[191, 0]]]) / 255, rtol=1e-6)


def test_one_mask_holds_the_values_of_the_label_image() -> None:
    labels = np.array([[[255, 0], [51, 255]]], np.uint8)
    np.testing.assert_allclose(ClassMasks(MaskSize(0, 0, 1), None)(labels, view(), 2, 2), labels / 255)


def test_masks_cover_the_window_of_the_image_mirrored_with_it(label_map: Path) -> None:
    boxes = view()
    boxes.cut((0.5, 0.0, 1.0, 0.5))
    boxes.mirror()
    boxes.cut((0.0, 0.0, 0.5, 1.0))  # the left half of the mirrored right half: the last quarter
    labels = np.zeros((1, 4, 8), np.uint8)
    labels[0, 0, 6], labels[0, 1, 7] = 1, 2
    made = ClassMasks(MaskSize(2, 2, 8), label_map)(labels, boxes, 2, 2)
    assert made.tolist() == [[[0, 0], [1, 0]], [[0, 1], [0, 0]]]


def test_a_label_map_without_masks_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "map.prototxt"
    path.write_text('item { name: "a" label: 1 }')
    with pytest.raises(DataError, match="the largest label_id of 1 classes is 0; expected 1 to 256"):
        ClassMasks(HALF, path)


def test_fixed_size_is_used_if_both_sides_are_given() -> None:
    assert MaskSize(3, 4, 8).of(16, 24) == (3, 4)
    assert MaskSize(3, 0, 8).of(16, 24) == (2, 3)
