from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

GROUP = "box_group_param { field_h: [16, 8] field_w: [16, 8] stride: 8 }"
FIELDS = f"{GROUP} fg_thr: 0.5 iou_thr: 0.3 min_size: 4"
EXAMPLE = f"""
layer {{ name: "s" type: "Input" top: "s" input_param {{ shape {{ dim: 2 dim: 3 dim: 4 dim: 4 }} }} }}
layer {{ name: "b" type: "Input" top: "b" input_param {{ shape {{ dim: 2 dim: 4 dim: 4 dim: 4 }} }} }}
layer {{ name: "o" type: "BoxGroupOutput" bottom: "s" bottom: "b" top: "r" top: "q"
  box_group_output_param {{ {FIELDS} }} }}
"""
SHAPES = ((2, 3, 4, 4), (2, 4, 4, 4))


def layer(fields: str = FIELDS) -> str:
    return f'type: "BoxGroupOutput" top: "r" top: "s" box_group_output_param {{ {fields} }}'


def probabilities(*places: tuple[int, int, int, float]) -> torch.Tensor:
    """Certain background but at some places: group, row, column, probability of background."""
    x = torch.zeros(2, 3, 4, 4)
    x[:, 0] = 1
    for group, row, column, value in places:
        x[group, 0, row, column] = value
    return x


def test_regions_are_fields_of_groups(make):
    output = make(layer(), *SHAPES)
    regions, scored = output(
        probabilities((0, 1, 1, 0.25), (1, 3, 3, 0), (1, 0, 3, 0.75)), torch.zeros(SHAPES[1])
    )
    assert regions.shape == (2, 5, 1, 1)
    # corners are pixels that belong to the boxes
    assert scored.reshape(-1, 6).tolist() == [[0, 24, 24, 31, 31, 1], [0, 4, 4, 19, 19, 0.75]]
    assert output.shapes_for([probabilities(), torch.zeros(SHAPES[1])]) == [(1, 5, 1, 1), (1, 6, 1, 1)]


def test_overlapping_boxes_of_all_groups_compete(make):
    fields = FIELDS + ' nms_type: "IOMU"'
    small_inside_large = probabilities((0, 1, 1, 0), (1, 1, 1, 0.25))
    _, scored = make(layer(fields), *SHAPES)(small_inside_large, torch.zeros(SHAPES[1]))
    assert scored.reshape(-1, 6)[:, 5].tolist() == [1]
    _, scored = make(layer(), *SHAPES)(small_inside_large, torch.zeros(SHAPES[1]))
    assert scored.reshape(-1, 6)[:, 5].tolist() == [1, 0.75]  # a quarter of the union


def test_shapes_and_faults(shapes):
    assert shapes(layer(), *SHAPES) == [(32, 5, 1, 1), (32, 6, 1, 1)]
    for fields, bottoms, message in (
        (FIELDS, (SHAPES[0],) * 2, "4 channels"),
        (FIELDS, ((3, 3, 4, 4), SHAPES[1]), r"expected \(N x 2, classes"),
        (FIELDS + " " + GROUP, SHAPES, "2 of box_group_param for 2 bottoms"),
        (FIELDS + " field_xyr: 0", SHAPES, "field_xyr must be above 0"),
        ("box_group_param { field_h: 3 }", SHAPES, "1 field_h, 0 field_w"),
    ):
        with pytest.raises(LayerFault, match=message):
            shapes(layer(fields), *bottoms)
