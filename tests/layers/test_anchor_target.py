from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

FIELDS = "feat_stride: 10 base_size: 10 ratio: 1 scale: 1"
EXAMPLE = f"""
layer {{ name: "s" type: "Input" top: "s" input_param {{ shape {{ dim: 1 dim: 2 dim: 3 dim: 3 }} }} }}
layer {{ name: "o" type: "DummyData" top: "o" dummy_data_param {{ shape {{ dim: 1 dim: 5 }}
  data_filler {{ value: 9 }} }} }}
layer {{ name: "i" type: "DummyData" top: "i" dummy_data_param {{ shape {{ dim: 1 dim: 3 }}
  data_filler {{ value: 30 }} }} }}
layer {{ name: "t" type: "AnchorTarget" bottom: "s" bottom: "o" bottom: "i" bottom: "s"
  top: "l" top: "t" top: "a" top: "b" anchor_target_param {{ {FIELDS} }} }}
"""
SHAPES = ((1, 2, 3, 3), (1, 5), (1, 3), (1, 3, 30, 30))
TOPS = 'top: "l" top: "t" top: "a" top: "b"'
SCORES, IMAGES = torch.zeros(1, 2, 3, 3), torch.zeros(1, 3, 30, 30)
INFO = torch.tensor([[30.0, 30, 1]])


def layer(fields: str = "") -> str:
    return f'type: "AnchorTarget" {TOPS} anchor_target_param {{ {FIELDS} {fields} }}'


def test_labels_follow_overlaps(make):
    # anchors of 10 x 10 side by side; the object covers the first wholly, most of the second
    objects = torch.tensor([[0.0, 0, 16, 9, 7]])
    labels, targets, inside, outside = make(layer(), *SHAPES)(SCORES, objects, INFO, IMAGES)
    # overlaps 0.59 (the best of the object) and 0.35 (neither)
    assert labels.tolist() == [[[[1, -1, 0], [0, 0, 0], [0, 0, 0]]]]
    torch.testing.assert_close(targets[0, :, 0, 0], torch.tensor([0.35, 0, torch.tensor(1.7).log(), 0]))
    assert inside[0, :, 0, 0].tolist() == [1] * 4
    assert inside.sum() == 4
    assert outside[0, 0, 0].tolist() == [0.125, 0, 0.125]
    clobbered = make(layer("clobber_positives: true negative_overlap: 0.7"), *SHAPES)
    assert clobbered(SCORES, objects, INFO, IMAGES)[0].flatten().tolist() == [0] * 9


def test_anchors_outside_the_image_do_not_train(make):
    objects = torch.tensor([[20.0, 20, 29, 29, 1]])
    small = torch.tensor([[25.0, 30, 1]])
    labels = make(layer(), *SHAPES)(SCORES, objects, small, IMAGES)[0]
    assert labels[0, 0, 2].tolist() == [-1, -1, -1]
    allowed = make(layer("allowed_border: 5"), *SHAPES)(SCORES, objects, small, IMAGES)[0]
    assert allowed[0, 0, 2].tolist() == [0, 0, 1]


def test_sample_is_limited_and_weights_are_shared(make):
    objects = torch.tensor([[0.0, 0, 9, 9, 1], [10, 0, 19, 9, 1], [20, 0, 29, 9, 1]])
    target = make(layer("batch_size: 4 positive_weight: 0.25"), (1, 2, 3, 3), (3, 5), *SHAPES[2:])
    labels, _, inside, outside = target(SCORES, objects, INFO, IMAGES)
    assert (labels == 1).sum() == 2
    assert (labels == 0).sum() == 2
    assert inside.sum() == 8
    ones = labels == 1
    assert outside[:, :1][ones].tolist() == [0.125, 0.125]
    assert outside[:, :1][labels == 0].tolist() == [0.375, 0.375]


def test_image_without_objects_shows_background(make):
    labels, targets, inside, _ = make(layer(), (1, 2, 3, 3), (0, 5), *SHAPES[2:])(
        SCORES, torch.zeros(0, 5), INFO, IMAGES
    )
    assert labels.flatten().tolist() == [0] * 9
    assert targets.abs().sum() == 0
    assert inside.sum() == 0


def test_order_of_labels_is_that_of_channels(make):
    fields = FIELDS.replace("scale: 1", "scale: [1, 3]")
    text = f'type: "AnchorTarget" {TOPS} anchor_target_param {{ {fields} }}'
    labels, targets, *_ = make(text, (1, 4, 1, 3), *SHAPES[1:])(
        torch.zeros(1, 4, 1, 3), torch.tensor([[10.0, 0, 19, 9, 1]]), torch.tensor([[10.0, 30, 1]]), IMAGES
    )
    assert labels.tolist() == [[[[0, 1, 0], [-1, -1, -1]]]]  # the anchors of 30 pixels lie outside
    assert targets.shape == (1, 8, 1, 3)


def test_param_str_is_read(make):
    param_str = "{'feat_stride': 8, 'scales': [2], 'allowed_border': 4}"
    text = f'type: "AnchorTarget" {TOPS} python_param {{ param_str: "{param_str}" }}'
    settings = make(text, (1, 6, 3, 3), *SHAPES[1:]).settings
    assert (settings.stride, settings.border, len(settings.anchors)) == (8, 4, 3)


def test_shapes_and_faults(shapes):
    assert shapes(layer(), *SHAPES) == [(1, 1, 3, 3), *[(1, 4, 3, 3)] * 3]
    for bottoms, bottom in (
        (((2, 2, 3, 3), *SHAPES[1:]), 0),
        (((1, 4, 3, 3), *SHAPES[1:]), 0),
        ((SHAPES[0], (1, 4), *SHAPES[2:]), 1),
        ((*SHAPES[:2], (3,), SHAPES[3]), 2),
    ):
        with pytest.raises(LayerFault, match="shape") as fault:
            shapes(layer(), *bottoms)
        assert fault.value.bottom == bottom
    for fields in ("positive_weight: 1.5", "batch_size: 0"):
        with pytest.raises(LayerFault, match=fields.partition(":")[0]):
            shapes(layer(fields), *SHAPES)
