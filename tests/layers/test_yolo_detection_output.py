import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

ANCHORS = [1.125, 1.25, 3.5, 4.5]
BASE = {"num_classes": 3, "num_box": 2, "biases": ANCHORS, "confidence_threshold": 0.2}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def overlap(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    inner = max(w, 0) * max(h, 0)
    return inner / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner)


def suppressed(found, threshold):
    """The rows that are kept, by falling score."""
    rows = []
    for row in sorted(found, key=lambda row: -row[2]):
        if all(overlap(row[3:], other[3:]) < threshold for other in rows):
            rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("threshold", [0.45, 0.2, 0.9])
def test_yolo_detection_output_agrees_with_loops(make, threshold):
    x = torch.from_numpy(np.random.default_rng(2).standard_normal((1, 16, 4, 5)))
    layer = make(
        "YoloDetectionOutput",
        tuple(x.shape),
        yolo_detection_output_param={**BASE, "nms_threshold": threshold},
    )
    values = x.numpy().reshape(2, 8, 4, 5)
    found = []
    for slot, row, column in np.ndindex(2, 4, 5):
        own = values[slot, :, row, column]
        cx, cy = (column + sigmoid(own[0])) / 5, (row + sigmoid(own[1])) / 4
        w, h = np.exp(own[2:4]) * ANCHORS[2 * slot : 2 * slot + 2] / [5, 4]
        scores = np.exp(own[5:]) / np.exp(own[5:]).sum() * sigmoid(own[4])
        if scores.max() >= 0.2:
            box = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
            found.append((0, scores.argmax() + 1, scores.max(), *box))
    rows = suppressed(found, threshold)
    assert 3 < len(rows) <= len(found)
    np.testing.assert_allclose(layer(x)[0, 0].numpy(), rows, atol=1e-6)
    assert layer.shapes_for([x]) == [(1, 1, len(rows), 7)]


def test_second_bottom_joins_the_suppression(make):
    coarse, fine = torch.randn(1, 16, 2, 2), torch.randn(1, 16, 4, 4)
    param = {**BASE, "nms_threshold": 0.3, "confidence_threshold": 0.1}
    both = make("YoloDetectionOutput", coarse.shape, fine.shape, yolo_detection_output_param=param)
    each = make(
        "YoloDetectionOutput", coarse.shape, yolo_detection_output_param={**param, "nms_threshold": 1}
    )
    found = [row for x in (coarse, fine) for row in each(x)[0, 0].tolist()]
    rows = suppressed(found, 0.3)
    assert 2 < len(rows) < len(found)
    np.testing.assert_allclose(both(coarse, fine)[0, 0].numpy(), rows, atol=1e-6)


def test_no_detection_is_a_row_of_minus_ones(make):
    layer = make("YoloDetectionOutput", (1, 16, 2, 2), yolo_detection_output_param=BASE)
    assert layer(torch.full((1, 16, 2, 2), -9.0)).tolist() == [[[[0, -1, -1, -1, -1, -1, -1]]]]


@pytest.mark.parametrize(
    ("fields", "shape", "message"),
    [
        ({}, (2, 16, 2, 2), "a batch of 2 images; the fork takes one"),
        ({"coords": 5}, (1, 16, 2, 2), "coords is 5; only 4 exist"),
        ({"num_box": 3}, (1, 24, 2, 2), "there is no anchor 2"),
        ({"num_box": 4294967295}, (1, 24, 2, 2), "there is no anchor 4294967294"),
        ({"num_box": 0}, (1, 24, 2, 2), "no anchor is used"),
        ({}, (1, 17, 2, 2), r"expected \(N, 16, H, W\): 2 anchors with 8 values each"),
    ],
)
def test_faults(shapes, fields, shape, message):
    with pytest.raises(LayerFault, match=message):
        shapes("YoloDetectionOutput", shape, yolo_detection_output_param={**BASE, **fields})


def test_number_of_classes_must_be_set(shapes):
    with pytest.raises(LayerFault, match="num_classes must be set"):
        shapes("YoloDetectionOutput", (1, 25, 2, 2), yolo_detection_output_param={"biases": ANCHORS})
