import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from tests.layers.test_yolo_detection_output import sigmoid, suppressed

ANCHORS = [20, 28, 46, 32, 38, 70, 70, 90]
BASE = {
    "num_classes": 3,
    "num_box": 2,
    "biases": ANCHORS,
    "mask": [2, 3, 0, 1],
    "anchors_scale": [32, 16],
    "confidence_threshold": 0.3,
}
EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 12 dim: 2 dim: 3 } } }
layer { name: "l" type: "Yolov3DetectionOutput" bottom: "x" top: "y" yolov3_detection_output_param {
  num_classes: 3 num_box: 1 biases: 30 biases: 40 mask: 0 anchors_scale: 32 mask_group_num: 1
  gaussian_box: true } }
"""


@pytest.mark.parametrize("gaussian", [False, True])
def test_yolov3_detection_output_agrees_with_loops(make, gaussian):
    generator = np.random.default_rng(2)
    values = 12 if gaussian else 8
    bottoms = [generator.standard_normal((1, 2 * values, *size)) for size in ((2, 3), (4, 6))]
    layer = make(
        "Yolov3DetectionOutput",
        *(x.shape for x in bottoms),
        yolov3_detection_output_param={**BASE, "gaussian_box": gaussian, "confidence_threshold": 0.25},
    )
    found = []
    for x, scale, mask in zip(bottoms, (32, 16), ((2, 3), (0, 1)), strict=True):
        _, _, height, width = x.shape
        for slot, row, column in np.ndindex(2, height, width):
            own = x.reshape(2, values, height, width)[slot, :, row, column]
            places = [0, 2, 4, 6] if gaussian else [0, 1, 2, 3]
            a, b, c, d = own[places]
            cx, cy = (column + sigmoid(a)) / width, (row + sigmoid(b)) / height
            w = np.exp(c) * ANCHORS[2 * mask[slot]] / (width * scale)
            h = np.exp(d) * ANCHORS[2 * mask[slot] + 1] / (height * scale)
            scores = sigmoid(own[values - 3 :]) * sigmoid(own[values - 4])
            if gaussian:
                scores = scores * (1 - sigmoid(own[[1, 3, 5, 7]]).mean())
            box = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
            found += [(0, k + 1, score, *box) for k, score in enumerate(scores) if score > 0.25]
    rows = suppressed(found, 0.45)
    assert 3 < len(rows) < len(found)
    tensors = [torch.from_numpy(x) for x in bottoms]
    np.testing.assert_allclose(layer(*tensors)[0, 0].numpy(), rows, atol=1e-6)
    assert layer.shapes_for(tensors) == [(1, 1, len(rows), 7)]


def test_no_detection_is_a_row_of_each_image(make):
    fields = {**BASE, "mask_group_num": 1, "mask": [0, 1], "anchors_scale": [32]}
    layer = make("Yolov3DetectionOutput", (2, 16, 2, 2), yolov3_detection_output_param=fields)
    rows = layer(torch.full((2, 16, 2, 2), -9.0))
    assert rows.tolist() == [[[[0, *[-1] * 6], [1, *[-1] * 6]]]]
    (warning,) = layer.check(layer.param, [(2, 16, 2, 2)])
    assert "all numbered image 0" in warning
    assert layer.check(layer.param, [(1, 16, 2, 2)]) == []


@pytest.mark.parametrize(
    ("fields", "bottoms", "message"),
    [
        ({}, [(1, 16, 2, 2)], "1 bottoms; mask_group_num is 2"),
        ({"anchors_scale": [32]}, [(1, 16, 2, 2), (1, 16, 4, 4)], r"anchors_scale is \[32\]"),
        ({"mask": [0, 1]}, [(1, 16, 2, 2), (1, 16, 4, 4)], "2 indices of anchors for 2 bottoms"),
        ({"mask": [2, 4, 0, 1]}, [(1, 16, 2, 2), (1, 16, 4, 4)], "there is no anchor 4: biases has 4"),
        ({}, [(1, 16, 2, 2), (1, 17, 4, 4)], r"bottom of shape \(1, 17, 4, 4\); expected \(N, 16, H, W\)"),
        ({}, [(1, 16, 2, 2), (2, 16, 4, 4)], "both must have as many images"),
        ({"num_box": 0}, [(1, 16, 2, 2), (2, 16, 4, 4)], "no anchor is used"),
        ({"num_box": 4294967295}, [(1, 16, 2, 2), (2, 16, 4, 4)], "each needs 4294967295"),
    ],
)
def test_faults(shapes, fields, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes("Yolov3DetectionOutput", *bottoms, yolov3_detection_output_param={**BASE, **fields})
