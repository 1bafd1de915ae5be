from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

FIELDS = "field_h: 16 field_w: 16 downsample_rate: 8 iou_thr: 0.3 min_size: 4 fg_thr: 1"
EXAMPLE = f"""
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 7 dim: 3 dim: 4 }} }} }}
layer {{ name: "b" type: "BoxOutput" bottom: "x" top: "r" top: "s"
  box_output_param {{ {FIELDS} }} }}
"""


def layer(fields: str = FIELDS, rest: str = 'top: "r" top: "s"') -> str:
    return f'type: "BoxOutput" {rest} box_output_param {{ {fields} }}'


def scores(*places: tuple[int, int, float], shape: tuple[int, ...] = (1, 6, 4, 4)) -> torch.Tensor:
    """A bottom whose second class beats the background by a number at some places."""
    x = torch.zeros(shape)
    for row, column, value in places:
        x[0, 1, row, column] = value
    return x


def test_regions_are_fields_at_positions_of_high_score(make):
    # fields of 16 x 16 around the centres of positions of 8 pixels, cut to the image of 32 pixels
    regions, scored = make(layer(), (1, 6, 4, 4))(scores((1, 1, 2), (3, 3, 5), (0, 3, 0.5)))
    assert regions.shape == (2, 5, 1, 1)
    assert scored.reshape(2, 6).tolist() == [[0, 20, 20, 32, 32, 5], [0, 4, 4, 20, 20, 2]]


def test_overlapping_boxes_are_suppressed_and_the_last_of_equal_ones_is_first(make):
    _, scored = make(layer(), (1, 6, 4, 4))(scores((1, 1, 2), (1, 2, 2), (2, 1, 3)))
    # neighbours overlap by a third of the union, above 0.3
    assert scored.reshape(-1, 6)[:, [1, 2, 5]].tolist() == [[4, 12, 3], [12, 4, 2]]


def test_several_scales_images_and_limits(make):
    fields = FIELDS + " field_h: 8 field_w: 8 downsample_rate: 16 max_post_nms_num: 1"
    two = make(layer(fields), (2, 6, 4, 4), (2, 6, 2, 2))
    first, second = torch.zeros(2, 6, 4, 4), torch.zeros(2, 6, 2, 2)
    first[0, 1, 1, 1], second[0, 1, 0, 0], second[1, 1, 1, 1] = 2, 3, 4
    _, scored = two(first, second)
    assert scored.reshape(-1, 6).tolist() == [[0, 4, 4, 12, 12, 3], [1, 20, 20, 28, 28, 4]]
    assert two.shapes_for([first, second]) == [(2, 5, 1, 1), (2, 6, 1, 1)]


def test_numbers_are_denormalised(make):
    rest = 'top: "r" bbox_reg_param { bbox_mean: [0.25, 0, 0, 0] bbox_std: [1, 1, 1, 1] }'
    regions = make(layer(FIELDS, rest), (1, 6, 4, 4))(scores((1, 1, 2)))
    assert regions.flatten().tolist() == [0, 8, 4, 24, 20]


def test_without_boxes_there_is_one_region(make):
    regions, scored = make(layer(), (1, 6, 4, 4))(scores())
    assert regions.flatten().tolist() == [0, 1, 1, 10, 10]
    assert scored.flatten().tolist() == [0] * 6


def test_shapes_and_faults(shapes):
    assert shapes(layer(FIELDS + " max_post_nms_num: 5"), (2, 6, 4, 4)) == [(10, 5, 1, 1), (10, 6, 1, 1)]
    for fields, bottoms, message in (
        (FIELDS, ((1, 6, 4, 4),) * 2, "1 of field_h for 2 bottoms"),
        (FIELDS + " field_whr: 0", ((1, 6, 4, 4),), "field_whr must be above 0"),
        (FIELDS + ' nms_type: "X"', ((1, 6, 4, 4),), "unknown nms_type 'X'"),
        (FIELDS, ((1, 5, 4, 4),), "two classes at least"),
    ):
        with pytest.raises(LayerFault, match=message):
            shapes(layer(fields), *bottoms)
