from __future__ import annotations

from math import log

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.field_boxes import (
    decode_fields,
    denormalised,
    normalisation,
    overlap_of,
    region_tops,
)
from layerzoo.schema import BBoxRegParameter


def test_normalisation_needs_four_numbers_of_each() -> None:
    assert normalisation(BBoxRegParameter()) == ([0] * 4, [1] * 4)
    assert normalisation(BBoxRegParameter(bbox_mean=[1, 2, 3, 4])) == ([0] * 4, [1] * 4)
    mean, std = normalisation(BBoxRegParameter(bbox_mean=[1, 2, 3, 4], bbox_std=[2] * 4))
    assert denormalised(torch.tensor([1.0, 0, 0, 0]), mean, std).tolist() == [3, 2, 3, 4]
    with pytest.raises(LayerFault, match="bbox_mean has 1 numbers"):
        normalisation(BBoxRegParameter(bbox_mean=[1], bbox_std=[2] * 4))
    with pytest.raises(LayerFault, match="bbox_std has 4 numbers"):
        normalisation(BBoxRegParameter(bbox_mean=[1] * 4, bbox_std=[0] * 4))


def test_boxes_stand_around_positions_within_bounds() -> None:
    numbers = torch.zeros(1, 4, 1, 2)
    numbers[0, :, 0, 1] = torch.tensor([9.0, -0.1, log(1.5), 9])
    boxes = decode_fields(numbers, torch.tensor([20.0, 10]), 8, 0.5, 2)
    assert boxes[0, 0, 0].tolist() == [4 - 10, 4 - 5, 20, 10]
    # the centre moves by half a field at most, and sides double at most
    torch.testing.assert_close(boxes[0, 0, 1], torch.tensor([12 + 10 - 15, 4 - 1 - 10, 30.0, 20]))


def test_overlap_is_divided_by_union_smaller_or_first_box() -> None:
    boxes = torch.tensor([[0.0, 0, 9, 9], [0, 0, 4, 9], [20, 0, 29, 9]])
    assert overlap_of("IOU", 1, "f")(boxes, boxes, 0)[0].tolist() == [1, 0.5, 0]
    assert overlap_of("IOMU", 1, "f")(boxes, boxes, 0)[0].tolist() == [1, 1, 0]
    assert overlap_of("IOFU", 1, "f")(boxes, boxes, 0)[:2, :2].tolist() == [[1, 0.5], [1, 1]]
    assert overlap_of("IOU", 0, "f")(boxes, boxes, 0)[0, 1].item() == pytest.approx(4 / 9)
    with pytest.raises(LayerFault, match="unknown nms_type 'iou'"):
        overlap_of("iou", 0, "f")


def test_tops_without_boxes_hold_one_region() -> None:
    regions, scored = region_tops(torch.zeros(0, 5), torch.zeros(0), 2)
    assert regions.flatten().tolist() == [0, 1, 1, 10, 10]
    assert scored.shape == (1, 6, 1, 1)
    assert scored.abs().sum() == 0
    (one,) = region_tops(torch.ones(2, 5), torch.ones(2), 1)
    assert one.shape == (2, 5, 1, 1)
