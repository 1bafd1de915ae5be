from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layers.detection_output import DetectionOutput
from layerzoo.loader import parse_net
from layerzoo.net import Net

SHAPES = ((1, 12), (1, 6), (1, 2, 12))
PRIORS = torch.tensor([[0, 0, 0.4, 0.4], [0.1, 0, 0.4, 0.4], [0.5, 0.5, 1, 1]])
PRIOR = torch.stack((PRIORS.flatten(), torch.full((12,), 0.1))).unsqueeze(0)


def text(fields: str = "", classes: int = 2) -> str:
    return f'type: "DetectionOutput" detection_output_param {{ num_classes: {classes} {fields} }}'


def test_boxes_are_decoded_and_suppressed_within_each_class(make):
    loc = torch.zeros(1, 12)
    loc[0, 8] = -1  # moves xmin of the third by a variance
    conf = torch.tensor([[0.3, 0.7, 0.2, 0.8, 0.4, 0.6]])
    rows = make(text(), *SHAPES)(loc, conf, PRIOR)
    assert rows.shape == (1, 1, 2, 7)
    torch.testing.assert_close(
        rows[0, 0], torch.tensor([[0, 1, 0.8, 0.1, 0, 0.4, 0.4], [0, 1, 0.6, 0.4, 0.5, 1, 1]])
    )


def test_variances_may_be_in_the_targets(make):
    loc = torch.full((1, 12), 0.5)
    rows = make(text("variance_encoded_in_target: true"), *SHAPES)(loc, torch.rand(1, 6), PRIOR)
    assert rows[0, 0, :, 6].min() >= 0.9


def test_background_may_be_any_class_or_none(make):
    conf = torch.tensor([[0.1, 0.2, 0.9] * 3])
    shapes = ((1, 12), (1, 9), (1, 2, 12))
    loc = torch.zeros(1, 12)
    labels = {
        background: make(text(f"background_label_id: {background}", 3), *shapes)(loc, conf, PRIOR)[0, 0, :, 1]
        for background in (0, 1, 2, 7, -2)
    }
    assert {key: sorted(set(value.tolist())) for key, value in labels.items()} == {
        0: [1, 2],
        1: [0, 2],
        2: [0, 1],
        7: [0, 1, 2],
        -2: [0, 1, 2],
    }


def test_no_detection_gives_a_row_for_each_image(make):
    layer = make(text("confidence_threshold: 1"), (2, 12), (2, 6), SHAPES[2])
    bottoms = torch.zeros(2, 12), torch.rand(2, 6), PRIOR
    assert layer(*bottoms)[0, 0].tolist() == [[0, *[-1] * 6], [1, *[-1] * 6]]
    assert layer.shapes_for(bottoms) == [(1, 1, 2, 7)]


def test_no_gradient_flows(make):
    loc, conf = torch.zeros(1, 12, requires_grad=True), torch.rand(1, 6, requires_grad=True)
    assert not make(text(), *SHAPES)(loc, conf, PRIOR).requires_grad


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("background_label_id: -1", "no background with share_location"),
        ("nms_param { nms_threshold: -0.1 }", "nms_threshold -0.1 is below 0"),
        ("nms_param { eta: 0 }", "eta 0; it must be above 0 and at most 1"),
        ("nms_param { eta: 1.5 }", "eta 1.5"),
    ],
)
def test_invalid_fields_are_errors(shapes, fields, message):
    with pytest.raises(LayerFault, match=message) as e:
        shapes(text(fields), *SHAPES)
    assert e.value.field.startswith("detection_output_param.")


SAVE = 'output_directory: "o" label_map_file: "m" name_size_file: "n" output_format: "VOC"'


def message(fields: str):
    return parse_net(f'layer {{ name: "l" {text(fields)} }}').message.layer[0]


def test_files_are_written_if_all_three_names_are_given(make):
    with_all, without = (
        message(f"save_output_param {{ {one} }}") for one in (SAVE, SAVE.replace('name_size_file: "n"', ""))
    )
    assert DetectionOutput.writes(with_all)
    assert not DetectionOutput.writes(without)
    assert set(DetectionOutput.unread(with_all)) == set(DetectionOutput.ignores)
    unread = DetectionOutput.unread(without)
    assert "nothing is written" in unread["detection_output_param.save_output_param.output_format"]
    assert make(text(f"save_output_param {{ {SAVE} }}"), *SHAPES).has_effects
    assert not make(text(), *SHAPES).has_effects


def test_class_names_alone_are_accepted_silently():
    """As in the deploy nets of SSD, whose label map names the classes."""
    net = Net(
        parse_net(f"""
    layer {{ name: "l" type: "Input" top: "l" input_param {{ shape {{ dim: 1 dim: 12 }} }} }}
    layer {{ name: "c" type: "Input" top: "c" input_param {{ shape {{ dim: 1 dim: 6 }} }} }}
    layer {{ name: "p" type: "Input" top: "p" input_param {{ shape {{ dim: 1 dim: 2 dim: 12 }} }} }}
    layer {{ name: "d" bottom: "l" bottom: "c" bottom: "p" top: "d"
      {text('save_output_param { label_map_file: "data/VOC0712/labelmap_voc.prototxt" }')} }}
    """).message,
        "TEST",
    )
    assert net.graph.warnings == []


def test_refinedet_drops_what_is_no_object_and_refines_the_priors(make):
    """The first stage moves the first prior by a variance; the third is no object."""
    loc, conf = torch.zeros(1, 12), torch.tensor([[0.3, 0.7, 0.2, 0.8, 0.4, 0.6]])
    first_conf = torch.tensor([[0.0, 1.0, 0.0, 1.0, 0.99, 0.01]])
    first_loc = torch.zeros(1, 12)
    first_loc[0, :4] = torch.tensor([5.0, 5.0, 5.0, 5.0])
    fields = "objectness_score: 0.02 confidence_threshold: 0.1"
    shapes = (*SHAPES, (1, 6), (1, 12))
    five = text(fields).replace("type", " ".join(f'bottom: "{name}"' for name in "abcde") + " type")
    layer = make(five, *shapes)
    rows = layer(loc, conf, PRIOR, first_conf, first_loc)[0, 0]
    torch.testing.assert_close(rows[:, 2], torch.tensor([0.8, 0.7]))
    torch.testing.assert_close(rows[1, 3:], torch.tensor([0.5, 0.5, 0.9, 0.9]))


def test_fourth_bottom_is_the_image_unless_an_objectness_score_is_given(make, shapes):
    bottoms = 'bottom: "a" bottom: "b" bottom: "c" bottom: "d" type'
    four = text().replace("type", bottoms)
    image = torch.zeros(1, 3, 9, 9)
    rows = make(four, *SHAPES, image.shape)(torch.zeros(1, 12), torch.rand(1, 6), PRIOR, image)
    assert rows.shape[2] == 2
    with pytest.raises(LayerFault, match="expected 2 numbers for each"):
        shapes(text("objectness_score: 0.1").replace("type", bottoms), *SHAPES, image.shape)


def test_pixels_count_the_last_one(make):
    """As in OpenCV: a prior of 0 to 9 is 10 wide, and touching boxes overlap."""
    prior = torch.tensor([0.0, 0, 9, 9, 9, 0, 18, 9]).view(1, 1, 8)
    fields = "code_type: CENTER_SIZE variance_encoded_in_target: true normalized_bbox: false"
    layer = make(text(fields + " nms_param { nms_threshold: 0.05 }"), (1, 8), (1, 4), (1, 1, 8))
    rows = layer(torch.zeros(1, 8), torch.tensor([[0.1, 0.9, 0.2, 0.8]]), prior)[0, 0]
    assert rows[:, 3:].tolist() == [[0, 0, 10, 10]]


def test_soft_nms_must_be_off(shapes):
    assert shapes(text("nms_param { soft_nms: false theta: 0.5 }"), *SHAPES)
    with pytest.raises(LayerFault, match="soft_nms is not supported"):
        shapes(text("nms_param { soft_nms: true }"), *SHAPES)
