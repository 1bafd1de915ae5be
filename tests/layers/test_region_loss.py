"""The numpy loops below are written after the fork's description of its loss, an object after the other."""

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

ANCHORS = [1.125, 1.25, 3.5, 4.5, 1.5, 0.75]
BASE = {"num": 3, "num_class": 3, "biases": ANCHORS, "thresh": 0.3}
EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 16 dim: 2 dim: 3 } } }
layer { name: "t" type: "DummyData" top: "t" dummy_data_param { shape { dim: 2 dim: 3 dim: 5 }
  data_filler { type: "constant" value: 0.6 } } }
layer { name: "l" type: "RegionLoss" bottom: "x" bottom: "t" top: "loss" region_loss_param {
  num: 2 num_class: 3 biases: 1.2 biases: 1.5 biases: 0.9 biases: 0.7 bias_match: 0 } }
layer { name: "m" type: "RegionLoss" bottom: "x" bottom: "t" top: "other" region_loss_param {
  num: 2 num_class: 3 biases: 1.2 biases: 1.5 biases: 0.9 biases: 0.7 rescore: 0 thresh: 0.6 } }
"""


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def overlap(a, b):
    (ax, ay, aw, ah), (bx, by, bw, bh) = a, b
    w = min(ax + aw / 2, bx + bw / 2) - max(ax - aw / 2, bx - bw / 2)
    h = min(ay + ah / 2, by + bh / 2) - max(ay - ah / 2, by - bh / 2)
    inner = 0 if w < 0 or h < 0 else w * h
    return inner / (aw * ah + bw * bh - inner)


def reference(x, labels, fields):
    """Loss and gradient."""
    f = {
        "bias_match": 1, "rescore": 1, "object_scale": 1, "class_scale": 1, "noobject_scale": 0.5,
        "coord_scale": 5, "thresh": 0.2, **fields,
    }  # fmt: skip
    n, _, height, width = x.shape
    x = x.reshape(n, f["num"], -1, height, width)
    error, anchors = np.zeros_like(x), np.reshape(f["biases"], (-1, 2))

    def box(b, slot, j, i):
        own = x[b, slot, :, j, i]
        extent = np.exp(own[2:4]) * anchors[slot] / [width, height]
        return ((i + sigmoid(own[0])) / width, (j + sigmoid(own[1])) / height, *extent)

    for b in range(n):
        near = [row[1:] for row in labels[b][: np.append(np.flatnonzero(labels[b, :, 1] == 0), 999)[0]]]
        rows = labels[b][: np.append(np.flatnonzero(labels[b, :, 3] == 0), 999)[0]]
        for slot, j, i in np.ndindex(f["num"], height, width):
            s = sigmoid(x[b, slot, 4, j, i])
            best = max((overlap(box(b, slot, j, i), truth) for truth in near), default=0)
            error[b, slot, 4, j, i] = 0 if best > f["thresh"] else f["noobject_scale"] * s * s * (1 - s)
        for number, tx, ty, tw, th in rows:
            label, i, j = int(number), int(tx * width), int(ty * height)
            sizes = [
                anchors[slot] / [width, height] if f["bias_match"] else box(b, slot, j, i)[2:]
                for slot in range(f["num"])
            ]
            slot = int(np.argmax([overlap((0, 0, *size), (0, 0, tw, th)) for size in sizes]))
            at = (b, slot, slice(None), j, i)
            own, pred = x[at], box(b, slot, j, i)
            weight = f["coord_scale"] * (1 if f["rescore"] else 2 - tw * th)
            center = sigmoid(own[:2])
            error[at][:2] = weight * (center - [tx * width - i, ty * height - j]) * center * (1 - center)
            error[at][2:4] = weight * (own[2:4] - np.log(np.array([tw * width, th * height]) / anchors[slot]))
            s, wanted = sigmoid(own[4]), overlap(pred, (tx, ty, tw, th)) if f["rescore"] else 1
            error[at][4] = f["object_scale"] * (s - wanted) * s * (1 - s)
            scores = np.exp(own[5:]) / np.exp(own[5:]).sum()
            error[at][5:] = f["class_scale"] * (scores - np.eye(len(scores))[label])
    return (error**2).sum() / n, error.reshape(n, -1, height, width) / n


def objects(count, used, seed):
    """Objects with classes 0 to 2; the first two lie in one cell."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((2, count, 5))
    for image in range(2):
        rows[image, :used, 0] = rng.integers(0, 3, used)
        rows[image, :used, 1:3] = rng.uniform(0.1, 0.9, (used, 2))
        rows[image, :used, 3:] = rng.uniform(0.1, 0.6, (used, 2))
        rows[image, 1, 1:] = rows[image, 0, 1:] + 0.004
    return rows


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"rescore": 0, "coord_scale": 2, "object_scale": 3},
        {"bias_match": 0, "class_scale": 2, "noobject_scale": 1},
        {"thresh": 0.6, "rescore": 0, "bias_match": 0},
    ],
)
@pytest.mark.parametrize("rows", [300, 4])
def test_region_loss_agrees_with_loops(make, fields, rows):
    x = torch.from_numpy(np.random.default_rng(4).standard_normal((2, 24, 4, 5)))
    labels = objects(rows, 4, seed=3 + len(str(fields)))
    settings = {**BASE, **fields}
    layer = make("RegionLoss", tuple(x.shape), labels.shape, region_loss_param=settings)
    loss, gradient = reference(x.numpy(), labels, settings)

    got = layer(x.requires_grad_(), torch.from_numpy(labels))
    assert got.shape == ()
    got.backward(torch.tensor(2.0, dtype=torch.float64))
    assert got.item() == pytest.approx(loss)
    np.testing.assert_allclose(x.grad.numpy(), 2 * gradient, atol=1e-9)


def test_object_without_height_is_left_out(make):
    layer = make("RegionLoss", (1, 24, 2, 2), (1, 2, 5), region_loss_param=BASE)
    x = torch.zeros(1, 24, 2, 2)
    none = layer(x, torch.zeros(1, 2, 5))
    assert none.item() == pytest.approx(3 * 4 * (0.5 * 0.5 * 0.25) ** 2)
    torch.testing.assert_close(layer(x, torch.tensor([[[1, 0.5, 0.5, 0.9, 0.0], [0.0] * 5]])), none)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"coords": 5}, "coords is 5; only 4 exist"),
        ({"biases": ANCHORS[:4]}, "there is no anchor 2: biases has 2, counted from 0"),
        ({"num_class": 4}, r"expected \(N, 27, H, W\): 3 anchors with 9 values each"),
    ],
)
def test_faults(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes("RegionLoss", (1, 24, 2, 2), (1, 300, 5), region_loss_param={**BASE, **fields})
