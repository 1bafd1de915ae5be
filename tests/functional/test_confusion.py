"""Confusion of pixels, and intersections over unions, by hand."""

from __future__ import annotations

import torch

from layerzoo.functional.confusion import confusion, overlaps


def test_confusion_has_labels_in_rows() -> None:
    labels, predicted = torch.tensor([[0, 0, 2], [1, 2, 2]]), torch.tensor([[0, 2, 2], [1, 2, 0]])
    counted = torch.tensor([[True, True, True], [False, True, True]])
    found = confusion(3, labels, predicted, counted)
    assert found.tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 2]]


def test_overlaps_of_absent_classes_are_nan() -> None:
    found = overlaps(torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]))
    torch.testing.assert_close(found[[0, 2]], torch.tensor([1 / 3, 2 / 4], dtype=torch.float64))
    assert found[[1, 3]].isnan().all()
    missed = overlaps(torch.tensor([[3, 0], [1, 0]]))  # class 1 occurs and is never predicted
    assert missed.tolist() == [0.75, 0]
