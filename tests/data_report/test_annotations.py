"""What tops say of one sample."""

from __future__ import annotations

import numpy as np

from layerzoo.data_report.annotations import annotation_of

IMAGES = np.zeros((1, 3, 8, 16), np.float32)


def test_class_probabilities_and_numbers() -> None:
    assert annotation_of((IMAGES, np.array([2.0]))).label == 2
    soft = annotation_of((IMAGES, np.array([[0.25, 0, 0.75]])))
    assert soft.shares == {0: 0.25, 2: 0.75}
    assert soft.text("abc".__getitem__) == "c 0.75, a 0.25"
    assert annotation_of((IMAGES, np.array([0.5]))).values == [0.5]
    assert annotation_of((IMAGES, np.array([[1.5, -2]]))).text(str) == "1.5, -2"
    assert annotation_of((IMAGES,)).text(str) == "0 boxes"


def test_boxes_of_ssd_yolo_and_faster_rcnn() -> None:
    rows = np.array([[0, 3, 0, 0.25, 0.5, 0.75, 1, 0], [-1] * 8], np.float32)
    ssd = annotation_of((IMAGES, rows[None, None]))
    assert ssd.boxes == [(3, (0.25, 0.5, 0.75, 1))]
    assert ssd.text(str) == "1 box"
    yolo = np.zeros((1, 300, 5), np.float32)
    yolo[0, 0] = 2, 0.5, 0.5, 0.5, 1
    assert annotation_of((IMAGES, yolo)).boxes == [(2, (0.25, 0, 0.75, 1))]
    roi = annotation_of((IMAGES, np.array([[4, 2, 7, 5, 1]] * 2, np.float32)))
    assert list(roi.fractions(8, 16)) == [(1, (0.25, 0.25, 0.5, 0.75))]


def test_mask() -> None:
    mask = np.arange(128).reshape(1, 1, 8, 16) % 3
    found = annotation_of((IMAGES, mask))
    assert found.labels_of_pixels == [0, 1, 2]
    assert found.mask is not None
    assert found.mask.shape == (8, 16)
