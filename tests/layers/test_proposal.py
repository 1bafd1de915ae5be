from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST

FIELDS = "feat_stride: 10 base_size: 10 ratio: 1 scale: 1 min_size: 4"
SHAPES = ((1, 2, 2, 2), (1, 4, 2, 2), (1, 3))
SCORES = torch.tensor([[[9.0, 9], [9, 9]], [[0.4, 0.9], [0.1, 0.7]]])[None]
INFO = torch.tensor([[30.0, 15, 1]])


def layer(fields: str = FIELDS, tops: str = 'top: "r"') -> str:
    return f'type: "Proposal" {tops} proposal_param {{ {fields} }}'


def test_regions_are_anchors_by_falling_score_cut_to_the_image(make):
    # anchors of 10 x 10 at columns 0 and 10, rows 0 and 10; the image is 15 wide
    propose = make(layer(FIELDS, 'top: "r" top: "s"'), *SHAPES)
    regions, scores = propose(SCORES, torch.zeros(1, 4, 2, 2), INFO)
    assert regions.tolist() == [
        [0, 10, 0, 14, 10],
        [0, 10, 10, 14, 20],
        [0, 0, 0, 10, 10],
        [0, 0, 10, 10, 20],
    ]
    assert scores.tolist() == torch.tensor([0.9, 0.7, 0.4, 0.1]).tolist()


def test_small_boxes_are_left_out_or_score_0(make):
    narrow = torch.tensor([[30.0, 12, 1]])
    regions = make(layer(), *SHAPES)(SCORES, torch.zeros(1, 4, 2, 2), narrow)
    assert regions[:, 1].tolist() == [0, 0]
    fields = FIELDS.replace("scale: 1", "scale: 10")  # pixels, as the third bottom has four numbers
    windows = make(layer(fields, 'top: "r" top: "s"'), *SHAPES[:2], (1, 4))
    regions, scores = windows(SCORES, torch.zeros(1, 4, 2, 2), torch.tensor([[30.0, 12, 1, 1]]))
    assert regions[:, 1].tolist() == [0, 0, 10, 10]
    assert scores.tolist() == torch.tensor([0.4, 0.1, 0, 0]).tolist()


def test_offsets_move_anchors_and_images_are_apart(make):
    propose = make(layer(FIELDS + " post_nms_topn: 1"), (2, 2, 2, 2), (2, 4, 2, 2), (2, 3))
    offsets = torch.zeros(2, 4, 2, 2)
    offsets[1, 1] = 0.5  # half a side down
    regions = propose(SCORES.repeat(2, 1, 1, 1), offsets, torch.tensor([[30.0, 15, 1], [40, 40, 1]]))
    assert regions.tolist() == [[0, 10, 0, 14, 10], [1, 10, 5, 20, 15]]


def test_scale_unit_overrides_the_third_bottom(make, shapes):
    scaled = make(layer(FIELDS + " scale_unit: BASE"), *SHAPES[:2], (1, 4))
    assert scaled.anchors.tolist() == [[0, 0, 9, 9]]
    assert make(layer(), *SHAPES[:2], (1, 4)).anchors.tolist() == [[4.5, 4.5, 4.5, 4.5]]


def test_python_layer_is_read_as_in_py_faster_rcnn(make):
    text = """type: "Proposal" top: "r" top: "s" python_param { module: "rpn.proposal_layer"
        layer: "ProposalLayer" param_str: "{'feat_stride': 8, 'scales': [2, 4]}" }"""
    shapes = ((1, 12, 2, 3), (1, 24, 2, 3), (1, 3))
    train, test = make(text, *shapes), make(text, *shapes, phase=TEST)
    assert (train.settings.before, train.settings.after) == (12000, 2000)
    assert (test.settings.before, test.settings.after, test.settings.stride) == (6000, 300, 8)
    assert len(test.anchors) == 6
    regions, scores = test(torch.rand(1, 12, 2, 3), torch.zeros(1, 24, 2, 3), torch.tensor([[200.0, 200, 1]]))
    assert scores.shape == (len(regions), 1)
    assert test.shapes_for(
        [torch.rand(1, 12, 2, 3), torch.zeros(1, 24, 2, 3), torch.tensor([[1.0, 1, 1]])]
    ) == [(0, 5), (0, 1)]


def test_shapes_and_faults(shapes):
    assert shapes(layer("", 'top: "r" top: "s"'), (1, 18, 5, 6), (1, 36, 5, 6), (1, 3)) == [(270, 5), (270,)]
    assert shapes(layer("post_nms_topn: 20"), (1, 18, 5, 6), (1, 36, 5, 6), (1, 4)) == [(20, 5)]
    for fields, bottoms, message in (
        (FIELDS, ((1, 3, 2, 2), (1, 4, 2, 2), (1, 3)), "for 1 anchors; expected"),
        (FIELDS, ((1, 2, 2, 2), (1, 4, 2, 3), (1, 3)), "for 1 anchors; expected"),
        (FIELDS, (*SHAPES[:2], (1, 5)), "a third bottom of shape"),
        (FIELDS, (*SHAPES[:2], (3, 3)), "sizes of 3 images for 1 images"),
        ("ratio: 0 scale: 1", SHAPES, "ratio must be above 0"),
        ("base_size: 0", SHAPES, "base_size must be at least 1"),
    ):
        with pytest.raises(LayerFault, match=message):
            shapes(layer(fields), *bottoms)
