import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from tests.layers.test_region_loss import overlap, sigmoid

ANCHORS = [1.125, 1.25, 3.5, 4.5]
EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 72 } } }
layer { name: "t" type: "DummyData" top: "t" dummy_data_param { shape { dim: 2 dim: 63 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "EvalDetection" bottom: "x" bottom: "t" top: "y" eval_detection_param {
  side: 3 num_class: 3 num_object: 1 } }
layer { name: "z" type: "Input" top: "z" input_param { shape { dim: 2 dim: 16 dim: 3 dim: 3 } } }
layer { name: "u" type: "DummyData" top: "u" dummy_data_param { shape { dim: 2 dim: 4 dim: 5 }
  data_filler { type: "constant" value: 0.5 } } }
layer { name: "m" type: "EvalDetection" bottom: "z" bottom: "u" top: "v" eval_detection_param {
  side: 3 num_class: 3 num_object: 2 biases: 1 biases: 1.5 biases: 2 biases: 2 nms: 0.4 score_type: OBJ } }
"""


def judged(candidates, objects, classes, total, nms, threshold, second):
    """The top of one image, of candidates (class, score, box) and objects (difficult, class, box)."""
    top = [sum(1 for difficult, label, _ in objects if label == k and not difficult) for k in range(classes)]
    kept = []
    for found in sorted(candidates, key=lambda found: -found[1]):
        if nms < 0 or all(overlap(found[2], other[2]) < nms for other in kept):
            kept.append(found)
    if second:
        kept = [found for found in kept if found[1] >= 0.005 and nms >= 0]
    for label in range(classes):
        own = [each for each in objects if each[1] == label]
        used = [False] * len(own)
        for _, score, box in (found for found in kept if found[0] == label):
            overlaps = [overlap(box, truth) for _, _, truth in own]
            best = int(np.argmax(overlaps)) if own else -1
            right = wrong = 0
            if not own:
                wrong = 1
            elif overlaps[best] < threshold:
                wrong = 0 if second else 1
            elif not own[best][0]:
                right, wrong = (0, 1) if used[best] else (1, 0)
                used[best] = True
            top += [label, score, right, wrong]
    return np.pad(np.array(top, float), (0, classes + 4 * total - len(top)))


def score(kind, objectness, probability):
    return {"OBJ": objectness, "PROB": probability, "MULTIPLY": objectness * probability}[kind]


@pytest.mark.parametrize("kind", ["OBJ", "PROB", "MULTIPLY"])
@pytest.mark.parametrize(("nms", "threshold"), [(0.5, 0.3), (0.9, 0.5), (-1, 0.3)])
def test_yolo_v2_agrees_with_loops(make, kind, nms, threshold):
    generator = np.random.default_rng(5)
    x = generator.standard_normal((2, 16, 4, 4))
    labels = np.zeros((2, 9, 5))
    labels[:, :6, 0] = generator.integers(0, 2, (2, 6))
    labels[:, :6, 1:3] = generator.uniform(0.2, 0.8, (2, 6, 2))
    labels[:, :6, 3:] = generator.uniform(0.2, 0.9, (2, 6, 2))
    layer = make(
        "EvalDetection",
        x.shape,
        labels.shape,
        eval_detection_param={
            "side": 4, "num_class": 3, "num_object": 2, "biases": ANCHORS, "nms": nms,
            "threshold": threshold, "score_type": ["OBJ", "PROB", "MULTIPLY"].index(kind),
        },
    )  # fmt: skip
    found = layer(torch.from_numpy(x), torch.from_numpy(labels)).numpy()
    for image in range(2):
        candidates = []
        for row, column, slot in np.ndindex(4, 4, 2):
            own = x[image].reshape(2, 8, 4, 4)[slot, :, row, column]
            extent = np.exp(own[2:4]) * ANCHORS[2 * slot : 2 * slot + 2] / 4
            box = ((column + sigmoid(own[0])) / 4, (row + sigmoid(own[1])) / 4, *extent)
            scores = np.exp(own[5:]) / np.exp(own[5:]).sum()
            candidates.append((scores.argmax(), score(kind, sigmoid(own[4]), scores.max()), box))
        objects = [(False, int(line[0]), line[1:]) for line in labels[image, :6]]
        expected = judged(candidates, objects, 3, 32, nms, threshold, second=True)
        np.testing.assert_allclose(found[image], expected, atol=1e-9)


@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("nms", [-1, 0.4])
def test_yolo_v1_agrees_with_loops(make, square, relative, nms):
    generator = np.random.default_rng(7)
    x = generator.uniform(0.2, 1, (2, 9 * (3 + 2 * 5)))
    labels = np.zeros((2, 7, 9))
    labels[:, 0] = generator.random((2, 9)) < 0.3
    labels[:, 1] = generator.random((2, 9)) < 0.7
    labels[:, 2] = generator.integers(0, 3, (2, 9))
    boxes = generator.uniform(0.3, 0.8, (2, 9, 4))
    layer = make(
        "EvalDetection",
        x.shape,
        (2, 63),
        eval_detection_param={
            "side": 3, "num_class": 3, "sqrt": square, "constriant": relative, "nms": nms, "threshold": 0.4,
        },
    )  # fmt: skip
    flat = np.concatenate((labels[:, :3].reshape(2, -1), boxes.reshape(2, -1)), 1)
    found = layer(torch.from_numpy(x), torch.from_numpy(flat)).numpy()
    for image in range(2):
        values = x[image].reshape(13, 9)
        candidates = []
        for cell, slot in np.ndindex(9, 2):
            cx, cy, w, h = values[5 + 4 * slot : 9 + 4 * slot, cell]
            if relative:
                cx, cy = (cell % 3 + cx) / 3, (cell // 3 + cy) / 3
            if square:
                w, h = w**2, h**2
            best = values[:3, cell].argmax()
            candidates.append((best, values[3 + slot, cell] * values[best, cell], (cx, cy, w, h)))
        objects = [
            (labels[image, 0, cell] == 1, int(labels[image, 2, cell]), boxes[image, cell])
            for cell in range(9)
            if labels[image, 1, cell]
        ]
        expected = judged(candidates, objects, 3, 18, nms, 0.4, second=False)
        np.testing.assert_allclose(found[image], expected, atol=1e-9)


@pytest.mark.parametrize(
    ("fields", "bottoms", "message"),
    [
        ({"biases": ANCHORS}, [(1, 16, 3, 3), (1, 30, 5)], "side says 7 x 7 cells"),
        ({"biases": ANCHORS[:2], "side": 3}, [(1, 16, 3, 3), (1, 30, 5)], "there is no anchor 1"),
        ({"biases": ANCHORS, "side": 3}, [(1, 16, 3, 3), (2, 30, 5)], r"expected \(1, T, 5\)"),
        ({"side": 3}, [(1, 100), (1, 63)], r"expected \(N, 117\): 9 cells with 3 classes and 2 boxes"),
        ({"side": 3}, [(1, 117), (1, 62)], r"expected \(1, 63\): 7 numbers a cell"),
    ],
)
def test_faults(shapes, fields, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes("EvalDetection", *bottoms, eval_detection_param={"num_class": 3, **fields})


def test_fields_of_yolo_v1_are_unread_with_biases(make):
    layer = make(
        "EvalDetection", (1, 16, 3, 3), (1, 4, 5),
        eval_detection_param={"side": 3, "num_class": 3, "num_object": 2, "biases": ANCHORS},
    )  # fmt: skip
    assert set(layer.unread(layer.param)) == {"eval_detection_param.sqrt", "eval_detection_param.constriant"}
