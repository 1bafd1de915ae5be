import pytest
import torch

from layerzoo.functional.yolo_detections import detection_rows

BOXES = torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.5, 0.55, 0.2, 0.2], [0.2, 0.2, 0.1, 0.2]])
ALL = torch.ones(3, dtype=torch.bool)


def test_detection_rows_are_sorted_and_suppressed_over_classes():
    """The first two boxes share 0.2 x 0.15 of 0.05: 0.6."""
    rows = detection_rows(BOXES, torch.tensor([0, 1, 1]), torch.tensor([0.5, 0.7, 0.9]), ALL, 0.5, 1)
    expected = torch.tensor([[0, 2, 0.9, 0.15, 0.1, 0.25, 0.3], [0, 2, 0.7, 0.4, 0.45, 0.6, 0.65]])
    torch.testing.assert_close(rows, expected.reshape(1, 1, 2, 7))
    assert (
        detection_rows(BOXES, torch.tensor([0, 1, 1]), torch.tensor([0.5, 0.7, 0.9]), ALL, 0.7, 1).shape[2]
        == 3
    )


def test_overlap_of_exactly_the_threshold_is_suppressed():
    boxes = torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.25]])
    rows = detection_rows(boxes, torch.tensor([0, 0]), torch.tensor([0.5, 0.7]), ALL[:2], 0.5, 1)
    assert rows.shape == (1, 1, 1, 7)


def test_detection_rows_without_any_are_numbered():
    none = torch.zeros(0)
    rows = detection_rows(torch.zeros(0, 4), none.long(), none, none.bool(), 0.5, 2)
    assert rows.tolist() == [[[[0, *[-1] * 6], [1, *[-1] * 6]]]]


def test_detection_rows_leave_out_what_is_no_candidate():
    found = torch.tensor([True, True, False])
    rows = detection_rows(BOXES, torch.tensor([0, 1, 1]), torch.tensor([0.5, 0.7, 0.9]), found, 0.5, 1)
    assert rows[0, 0, :, 2].tolist() == pytest.approx([0.7])
