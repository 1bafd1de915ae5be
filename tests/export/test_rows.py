"""Outputs that are lists of rows."""

from __future__ import annotations

import torch

from layerzoo.export.rows import Rows, in_order_of, lists_of_rows, scaled
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 1 dim: 18 dim: 7 dim: 9 } } }
layer { name: "o" type: "Input" top: "o" input_param { shape { dim: 1 dim: 36 dim: 7 dim: 9 } } }
layer { name: "i" type: "Input" top: "i" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "p" type: "Proposal" bottom: "s" bottom: "o" bottom: "i" top: "r" }
layer { name: "pool" type: "ROIPooling" bottom: "s" bottom: "r" top: "pool"
  roi_pooling_param { pooled_h: 2 pooled_w: 2 spatial_scale: 0.0625 } }
layer { name: "d" type: "YoloDetectionOutput" bottom: "s" top: "d"
  yolo_detection_output_param { num_classes: 4 num_box: 2 biases: [1, 2, 3, 4] } }
layer { name: "relu" type: "ReLU" bottom: "s" top: "relu" }
"""
DETECTIONS = Rows(2, True)


def test_lists_are_what_depends_on_values_and_all_behind_it() -> None:
    graph = Net(parse_net(NET).message, "TEST").graph
    assert lists_of_rows(graph) == {"pool": Rows(0, False), "d": DETECTIONS}


def test_scaled_keeps_images_and_classes_and_divides_scores_and_boxes() -> None:
    right = torch.tensor([[0.0, 20, 0.5, 0, 0, 8, 4], [0, 3, 0.25, 2, 2, 2, 2]])
    assert scaled(right, right, DETECTIONS).tolist() == [
        [0, 20, 1, 0, 0, 1, 0.5],
        [0, 3, 0.5, 0.25, 0.25, 0.25, 0.25],
    ]
    assert scaled(right, right, None)[1, 1] == 3 / 20


def test_rows_move_to_the_place_of_the_nearest_expected_ones() -> None:
    right = torch.tensor([[0, 1, 0.9, 0, 0, 1, 1], [0, 1, 0.8, 0, 0, 2, 2], [0, 2, 0.7, 0, 0, 3, 3]])
    near = right + torch.tensor([0, 0, 1e-6, 0, 0, 0, 0])
    expected, received = right.reshape(1, 1, 3, 7), near[[2, 0, 1]].reshape(1, 1, 3, 7)
    made = in_order_of({"d": expected}, {"d": received}, {"d": DETECTIONS}, 1e-4)
    assert torch.equal(made["d"], near.reshape(1, 1, 3, 7))


def test_rows_of_all_lists_move_together() -> None:
    boxes, scores = torch.tensor([[1.0, 2], [3, 4], [1, 2]]), torch.tensor([0.5, 0.25, 0.125])
    order = [2, 1, 0]  # the boxes of the first and the last are the same, their scores tell them apart
    lists = {"boxes": Rows(0, False), "scores": Rows(0, False)}
    expected = {"boxes": boxes, "scores": scores, "other": scores}
    received = {"boxes": boxes[order], "scores": scores[order], "other": scores[order]}
    made = in_order_of(expected, received, lists, 1e-4)
    assert torch.equal(made["scores"], scores)
    assert torch.equal(made["other"], scores[order])


def test_rows_that_are_not_numbers_take_the_places_that_are_left() -> None:
    right, other = torch.tensor([[1.0], [2], [3]]), torch.tensor([[torch.nan], [torch.inf], [1]])
    made = in_order_of({"r": right}, {"r": other}, {"r": Rows(0, False)}, 1e-4)["r"]
    assert made[0] == 1
    assert sorted(map(str, made[1:].flatten().tolist())) == ["inf", "nan"]
    assert in_order_of({"r": right[:0]}, {"r": other[:0]}, {"r": Rows(0, False)}, 1e-4)["r"].numel() == 0
