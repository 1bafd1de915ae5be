"""The numpy loops below are written after the fork's description of its loss, an object after the other."""

import math

import numpy as np
import pytest
import torch

from layerzoo.errors import DataError, LayerFault

ANCHORS = [20, 28, 46, 32, 38, 70, 70, 90, 120, 66, 110, 130]
BASE = {"num": 3, "num_class": 3, "mask": [3, 4, 5], "biases": ANCHORS, "thresh": 0.3}
EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 16 dim: 2 dim: 3 } } }
layer { name: "t" type: "DummyData" top: "t" dummy_data_param { shape { dim: 2 dim: 3 dim: 5 }
  data_filler { type: "constant" value: 0.6 } } }
layer { name: "l" type: "Yolov3" bottom: "x" bottom: "t" top: "loss" yolov3_param {
  num: 2 num_class: 3 mask: 1 mask: 2 biases: 20 biases: 28 biases: 40 biases: 30 biases: 50 biases: 40 } }
layer { name: "m" type: "Yolov3" bottom: "x" bottom: "t" top: "focal" yolov3_param {
  num: 2 num_class: 3 mask: 1 mask: 2 biases: 20 biases: 28 biases: 40 biases: 30 biases: 50 biases: 40
  use_logic_gradient: true use_focal_loss: true iou_loss: CIOU iou_thresh: 0.2 accumulate: false } }
"""


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def similarity(a, b, kind):
    (ax, ay, aw, ah), (bx, by, bw, bh) = a, b
    w = min(ax + aw / 2, bx + bw / 2) - max(ax - aw / 2, bx - bw / 2)
    h = min(ay + ah / 2, by + bh / 2) - max(ay - ah / 2, by - bh / 2)
    inner = 0 if w < 0 or h < 0 else w * h
    union = aw * ah + bw * bh - inner
    wide = max(ax + aw / 2, bx + bw / 2) - min(ax - aw / 2, bx - bw / 2)
    high = max(ay + ah / 2, by + bh / 2) - min(ay - ah / 2, by - bh / 2)
    overlap = inner / union
    distance = ((ax - bx) ** 2 + (ay - by) ** 2) / (wide**2 + high**2)
    ratio = 4 / math.pi**2 * (math.atan(bw / bh) - math.atan(aw / ah)) ** 2
    return {
        "IOU": overlap,
        "MSE": overlap,
        "GIOU": overlap - (wide * high - union) / (wide * high),
        "DIOU": overlap - distance**0.6,
        "CIOU": overlap - distance - ratio**2 / (1 - overlap + ratio + 1e-6),
    }[kind]


def slope(pred, truth, kind):
    """Darknet's derivative of the similarity by x, y, width and height."""
    (px, py, pw, ph), (tx, ty, tw, th) = pred, truth
    pt, pb, pl, pr = py - ph / 2, py + ph / 2, px - pw / 2, px + pw / 2
    tt, tb, tl, tr = ty - th / 2, ty + th / 2, tx - tw / 2, tx + tw / 2
    ih, iw = min(pb, tb) - max(pt, tt), min(pr, tr) - max(pl, tl)
    i = iw * ih
    u = pw * ph + tw * th - i
    cw, ch = max(pr, tr) - min(pl, tl), max(pb, tb) - min(pt, tt)
    di = np.array([-iw * (pt > tt), iw * (pb < tb), -ih * (pl > tl), ih * (pr < tr)])
    du = np.array([-pw, pw, -ph, ph]) - di
    dc = np.array([-cw * (pt < tt), cw * (pb > tb), -ch * (pl < tl), ch * (pr > tr)])
    p = (u * di - i * du) / u**2
    if kind == "GIOU":
        rest = (cw * ch * du - u * dc) / (cw * ch) ** 2
        p = rest if iw <= 0 or ih <= 0 else p + rest
    result = np.array([p[2] + p[3], p[0] + p[1], p[3] - p[2], p[1] - p[0]])
    if kind in {"IOU", "GIOU"}:
        return result
    s, c = (px - tx) ** 2 + (py - ty) ** 2, cw**2 + ch**2
    by_w, by_h = cw * (int(pr > tr) + int(pl < tl)), ch * (int(pb > tb) + int(pt < tt))
    by_x, by_y = 2 * cw * (int(pr > tr) - int(pl < tl)), 2 * ch * (int(pb > tb) - int(pt < tt))
    rest = np.array([2 * (tx - px) * c - by_x * s, 2 * (ty - py) * c - by_y * s, by_w * s, by_h * s]) / c**2
    if kind == "CIOU":
        angle = math.atan(tw / th) - math.atan(pw / ph)
        loss = 4 / math.pi**2 * angle**2
        rest += np.array([0, 0, ph, -pw]) * 8 / math.pi**2 * angle * loss / (1 - i / u + loss + 1e-6)
    return rest if iw <= 0 or ih <= 0 else result + rest


def reference(x, labels, fields):
    """Loss and gradient."""
    f = {
        "anchors_scale": 32, "class_scale": 1, "coord_scale": 5, "object_scale": 1, "thresh": 0.2,
        "iou_loss": "MSE", "iou_normalizer": 0.25, "iou_thresh": 0.5, "max_delta": 10, "accumulate": True,
        "label_smooth_eps": 0.1, "use_logic_gradient": False, "use_focal_loss": False, **fields,
    }  # fmt: skip
    (n, _, height, width), kind, mask = x.shape, f["iou_loss"], f["mask"]
    x = x.reshape(n, f["num"], -1, height, width)
    s, error = sigmoid(x), np.zeros_like(x)
    s[:, :, 2:4] = x[:, :, 2:4]
    anchors = np.reshape(f["biases"], (-1, 2))
    image = np.array([width, height]) * f["anchors_scale"]
    low, high = f["label_smooth_eps"] / 2, 1 - f["label_smooth_eps"] / 2
    distances = []

    def box(b, slot, j, i):
        size = np.exp(s[b, slot, 2:4, j, i]) * anchors[mask[slot]] / image
        return ((i + s[b, slot, 0, j, i]) / width, (j + s[b, slot, 1, j, i]) / height, *size)

    for b in range(n):
        near = [row[1:] for row in labels[b][: np.append(np.flatnonzero(labels[b, :, 1] == 0), 999)[0]]]
        rows = labels[b][: np.append(np.flatnonzero(labels[b, :, 3] == 0), 999)[0]]
        for slot, j, i in np.ndindex(f["num"], height, width):
            best = max((similarity(box(b, slot, j, i), truth, kind) for truth in near), default=0)
            error[b, slot, 4, j, i] = 0 if best > f["thresh"] else s[b, slot, 4, j, i]
        for number, tx, ty, tw, th in rows:
            label, i, j = int(number), int(tx * width), int(ty * height)
            alike = [similarity((0, 0, *(size / image)), (0, 0, tw, th), kind) for size in anchors]
            best = int(np.argmax(alike)) if max(alike) > 0 else -1
            slots = []
            if best in mask:
                best = mask.index(best)
                slots.append(best)
            slots += [
                mask.index(k)
                for k in range(len(anchors))
                if k in mask and k != best and f["iou_thresh"] < 1 and alike[k] > f["iou_thresh"]
            ]
            for slot in slots:
                at = (b, slot, slice(None), j, i)
                own, pred = s[at], box(b, slot, j, i)
                if kind == "MSE":
                    extent = np.log(np.array([tw, th]) * image / anchors[mask[slot]])
                    target = np.array([tx * width - i, ty * height - j, *extent])
                    error[at][:4] = f["coord_scale"] * (2 - tw * th) * (own[:4] - target)
                else:
                    step = slope(pred, (tx, ty, tw, th), kind) * [1, 1, *np.exp(own[2:4])]
                    step = np.clip(step * f["iou_normalizer"], -f["max_delta"], f["max_delta"])
                    error[at][:4] = (error[at][:4] if f["accumulate"] else 0) - step
                error[at][4] = (own[4] - 1) * (f["object_scale"] if f["use_logic_gradient"] else 1)
                if error[at][5:].any():
                    error[at][5 + label] = f["class_scale"] * (own[5 + label] - high)
                elif f["use_focal_loss"]:
                    score = own[5 + label]
                    weight = -0.5 * (1 - score) * (2 * score * np.log(score) + score - 1)
                    error[at][5:] = f["class_scale"] * weight * (own[5:] - np.eye(len(own) - 5)[label])
                else:
                    wanted = np.full(len(own) - 5, low)
                    wanted[label] = high
                    error[at][5:] = f["class_scale"] * (own[5:] - wanted)
                distances.append(1 - similarity(pred, (tx, ty, tw, th), kind))
    loss = (error**2).sum()
    if kind != "MSE":
        loss = (error[:, :, 4:] ** 2).sum() + f["iou_normalizer"] * np.mean(distances or [0])
    if f["use_logic_gradient"]:
        factor = s * (1 - s)
        factor[:, :, 2:4] = 1
        error *= factor
    return loss / n, error.reshape(n, -1, height, width) / n


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
        {"class_scale": 2, "coord_scale": 3, "label_smooth_eps": 0},
        {"use_logic_gradient": True, "object_scale": 5},
        {"use_focal_loss": True, "class_scale": 1.5},
        {"iou_loss": "IOU", "iou_thresh": 0.2},
        {"iou_loss": "GIOU", "iou_thresh": 0.3, "use_focal_loss": True},
        {"iou_loss": "DIOU", "iou_thresh": 0.2, "accumulate": False},
        {"iou_loss": "CIOU", "iou_thresh": 0.2, "max_delta": 0.1, "iou_normalizer": 0.75},
        {"iou_loss": "CIOU", "iou_thresh": 1, "use_logic_gradient": True, "object_scale": 2},
        {"mask": [0, 1, 2], "iou_thresh": 0.2, "anchors_scale": 16, "iou_loss": "IOU"},
        {"mask": [5, 3, 1], "thresh": 0.7},
    ],
)
@pytest.mark.parametrize("rows", [40, 4])
def test_yolov3_agrees_with_loops(make, fields, rows):
    x = torch.from_numpy(np.random.default_rng(4).standard_normal((2, 24, 4, 5)))
    labels = objects(rows, 4, seed=len(str(fields)))
    settings = {**BASE, **fields}
    layer = make("Yolov3", tuple(x.shape), labels.shape, yolov3_param=settings)
    loss, gradient = reference(x.numpy(), labels, settings)

    got = layer(x.requires_grad_(), torch.from_numpy(labels))
    assert got.shape == ()
    got.backward(torch.tensor(2.0, dtype=torch.float64))
    assert got.item() == pytest.approx(loss)
    np.testing.assert_allclose(x.grad.numpy(), 2 * gradient, atol=1e-9)


def test_images_without_objects_have_only_objectness(make):
    x = torch.zeros(1, 24, 2, 2, dtype=torch.float64, requires_grad=True)
    layer = make("Yolov3", (1, 24, 2, 2), (1, 300, 5), yolov3_param={**BASE, "iou_loss": "GIOU"})
    loss = layer(x, torch.zeros(1, 300, 5))
    assert loss.item() == pytest.approx(3 * 4 * 0.25)  # sigmoid(0)^2 for each box
    loss.backward()
    assert x.grad.reshape(1, 3, 8, 2, 2)[:, :, 4].eq(0.5).all()
    assert x.grad.count_nonzero() == 12


def test_center_on_the_right_or_lower_edge_counts_to_the_last_cell(make):
    layer = make("Yolov3", (1, 24, 2, 2), (1, 1, 5), yolov3_param=BASE)
    x = torch.zeros(1, 24, 2, 2, requires_grad=True)
    layer(x, torch.tensor([[[1, 1.0, 1.0, 0.9, 0.9]]])).backward()
    places = x.grad.reshape(3, 8, 2, 2)[:, 5].nonzero().tolist()
    assert [place[1:] for place in places] == [[1, 1]]


def test_label_out_of_range_is_an_error(make):
    layer = make("Yolov3", (1, 24, 2, 2), (1, 1, 5), yolov3_param=BASE)
    with pytest.raises(DataError, match="label 3 is out of range; 0 to 2 exist"):
        layer(torch.zeros(1, 24, 2, 2), torch.tensor([[[3, 0.5, 0.5, 0.9, 0.9]]]))


@pytest.mark.parametrize(
    ("fields", "shapes_of", "message"),
    [
        ({"mask": [3, 4]}, [(1, 24, 2, 2), (1, 300, 5)], "2 indices of anchors; expected num = 3"),
        ({"mask": [3, 4, 6]}, [(1, 24, 2, 2), (1, 300, 5)], "there is no anchor 6: biases has 6"),
        ({"biases": [1, 2, 3]}, [(1, 24, 2, 2), (1, 300, 5)], "3 numbers; expected 2 per anchor"),
        ({"biases": [0, 2] * 6}, [(1, 24, 2, 2), (1, 300, 5)], "must be above 0"),
        ({}, [(1, 25, 2, 2), (1, 300, 5)], r"expected \(N, 24, H, W\): 3 anchors with 8 values each"),
        ({}, [(1, 24, 2), (1, 300, 5)], r"expected \(N, 24, H, W\)"),
        ({}, [(2, 24, 2, 2), (1, 300, 5)], r"objects of shape \(1, 300, 5\); expected \(2, T, 5\)"),
        ({}, [(1, 24, 2, 2), (1, 8)], r"expected \(1, T, 5\)"),
    ],
)
def test_faults(shapes, fields, shapes_of, message):
    with pytest.raises(LayerFault, match=message):
        shapes("Yolov3", *shapes_of, yolov3_param={**BASE, **fields})
