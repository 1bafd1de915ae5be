from __future__ import annotations

from math import log

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TEST

EXAMPLE = """
layer { name: "b" type: "Input" top: "b" input_param { shape { dim: 3 dim: 8 } } }
layer { name: "r" type: "DummyData" top: "r" dummy_data_param { shape { dim: 3 dim: 5 }
  data_filler { value: 2 } } }
layer { name: "d" type: "DecodeBBox" bottom: "b" bottom: "r" top: "d" }
"""
REGIONS = torch.tensor([[0.0, 0, 0, 9, 9], [1, 10, 10, 19, 29], [0, 5, 5, 1, 5]])
BOXES = torch.zeros(3, 8)
BOXES[1, 4:] = torch.tensor([0.5, 0, log(2), 0])


def layer(fields: str = "") -> str:
    return f'type: "DecodeBBox" top: "d" {fields}'


def test_regions_move_by_the_last_four_numbers(make):
    decoded = make(layer(), (3, 8), (3, 5), phase=TEST)(BOXES, REGIONS)
    assert decoded.shape == (3, 5, 1, 1)
    torch.testing.assert_close(
        decoded.reshape(3, 5)[:2], torch.tensor([[0.0, 0, 0, 9, 9], [1, 10, 10, 29, 29]])
    )


def test_training_leaves_out_malformed_boxes_and_annotated_ones(make):
    train = make(layer(), (3, 8), (3, 5))
    assert train(BOXES, REGIONS)[:, 0].flatten().tolist() == [0, 1]
    matched = torch.tensor([[0.0, 0.96], [0, 0.9], [0, 0]])
    three = make(layer(), (3, 8), (3, 5), (3, 2))
    assert three(BOXES, REGIONS, matched)[:, 0].flatten().tolist() == [1]
    assert three.shapes_for([BOXES, REGIONS, matched]) == [(1, 5, 1, 1)]
    lower = make(layer("decode_bbox_param { gt_iou_thr: 0.5 }"), (3, 8), (3, 5), (3, 2))
    with pytest.raises(DataError, match="no region is left"):
        lower(BOXES, REGIONS, matched)


def test_numbers_are_denormalised(make):
    fields = "bbox_reg_param { bbox_mean: [0.1, 0, 0, 0] bbox_std: [1, 1, 2, 1] }"
    decoded = make(layer(fields), (3, 8), (3, 5), phase=TEST)(BOXES, REGIONS)
    assert decoded[0].flatten().tolist() == pytest.approx([0, 1, 0, 10, 9])
    assert (decoded[1, 3] - decoded[1, 1]).item() == pytest.approx(39)


def test_shapes_and_faults(shapes):
    assert shapes(layer(), (6, 8), (6, 5, 1, 1)) == [(6, 5, 1, 1)]
    for bottoms, bottom in (
        (((6, 12), (6, 5)), 0),
        (((5, 8), (6, 5)), 0),
        (((6, 8), (6, 4)), 1),
        (((6, 8), (6, 5), (5, 2)), 2),
    ):
        with pytest.raises(LayerFault, match="expected") as fault:
            shapes(layer(), *bottoms)
        assert fault.value.bottom == bottom
    with pytest.raises(LayerFault, match="a third bottom in TEST"):
        shapes(layer(), (6, 8), (6, 5), (6, 2), phase=TEST)
