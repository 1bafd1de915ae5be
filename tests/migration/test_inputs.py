"""Inputs that look like real ones."""

from __future__ import annotations

import torch

from layerzoo.loader import parse_net
from layerzoo.migration.inputs import determining, realistic
from layerzoo.net import Net

TEXT = """
layer {{ name: "data" type: "Input" top: "data"
  input_param {{ shape {{ dim: 2 dim: {} dim: 20 dim: 30 }} }} }}
layer {{ name: "more" type: "Input" top: "more" input_param {{ shape {{ dim: 2 dim: 7 }} }} }}
layer {{ name: "s" type: "Silence" bottom: "data" bottom: "more" }}
"""


def net(channels: int) -> Net:
    return Net(parse_net(TEXT.format(channels)))


def test_images_are_pictures_less_the_mean_and_others_noise() -> None:
    inputs = realistic(net(3), {})
    assert inputs["data"].shape == (2, 3, 20, 30)
    assert inputs["data"].min() >= -123
    assert inputs["data"].max() <= 255 - 104
    assert inputs["data"].std() > 20
    assert not torch.equal(inputs["data"][0], inputs["data"][1])
    assert inputs["more"].min() < 0 < inputs["more"].max()
    assert torch.equal(inputs["data"], realistic(net(3), {})["data"])


def test_sizes_of_images_are_what_proposal_reads() -> None:
    text = """
    layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 1 dim: 18 dim: 7 dim: 9 } } }
    layer { name: "o" type: "Input" top: "o" input_param { shape { dim: 1 dim: 36 dim: 7 dim: 9 } } }
    layer { name: "i" type: "Input" top: "i" input_param { shape { dim: 1 dim: 3 } } }
    layer { name: "p" type: "Proposal" bottom: "s" bottom: "o" bottom: "i" top: "r" }
    """
    inputs = realistic(Net(parse_net(text)), {})
    assert inputs["i"].tolist() == [[112, 144, 1]]


def test_preprocessing_is_applied() -> None:
    plain = realistic(net(1), {"value_scale": 1.0})["data"]
    found = realistic(net(1), {"value_scale": 0.5, "mean_value": [4.0], "scale": 0.25})["data"]
    torch.testing.assert_close(found, (plain * 0.5 - 4) * 0.25)


REGIONS = """
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 1 dim: 6 dim: 4 dim: 4 }} }} }}
layer {{ name: "d" type: "YoloDetectionOutput" bottom: "x" top: "d" yolo_detection_output_param {{
  num_classes: 1 num_box: 1 biases: [1, 1] confidence_threshold: {threshold} nms_threshold: 1 }} }}
"""


def test_inputs_are_others_where_rounding_decides() -> None:
    net = Net(parse_net(REGIONS.format(threshold=0.01)))
    assert torch.equal(determining(net, {})[0]["x"], realistic(net, {})["x"])
    scores = torch.sigmoid(realistic(net, {})["x"][0, 4].double())
    near = float(scores.flatten().sort().values[8])  # a box of the first inputs lies at this threshold
    net = Net(parse_net(REGIONS.format(threshold=near)))
    inputs, undecided = determining(net, {})
    assert torch.equal(inputs["x"], realistic(net, {}, 1)["x"])
    assert undecided == []
