from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter

X = torch.tensor([[0.0, 0, 0, 0], [math.log(3), 0, math.log(2), math.log(2)]])
"""Scores whose probabilities are 1/4 each, and 3/8, 1/8, 2/8, 2/8."""
LABELS = torch.tensor([1.0, 0])
LOSSES = (math.log(4), math.log(8 / 3))


def layer_for(shapes, **fields):
    param = LayerParameter(name="l", type="SoftmaxWithLoss", **fields)
    LAYERS["SoftmaxWithLoss"].top_shapes(param, shapes)
    return LAYERS["SoftmaxWithLoss"](param, shapes)


def loss(weights=None, labels=LABELS, x=X, top=("loss",), **messages):
    blobs = [x, labels] if weights is None else [x, labels, torch.tensor(weights)]
    shapes = [tuple(b.shape) for b in blobs]
    layer = layer_for(shapes, bottom=["x", "label", "w"][: len(blobs)], top=list(top), **messages)
    return layer(*blobs)


def test_class_weights_of_segnet_multiply_and_the_divisor_stays():
    fields = {"weight_by_label_freqs": True, "class_weighting": [10, 2, 1, 1]}
    assert loss(loss_param=fields).item() == pytest.approx((2 * LOSSES[0] + 10 * LOSSES[1]) / 2)
    fields["ignore_label"] = 1
    assert loss(loss_param=fields).item() == pytest.approx(10 * LOSSES[1])
    del fields["weight_by_label_freqs"]
    assert loss(loss_param=fields).item() == pytest.approx(LOSSES[1])


def test_label_smoothing_spreads_a_part_of_the_label():
    rest = sum(-math.log(p) for p in (3 / 8, 1 / 8, 2 / 8, 2 / 8)) / 4
    expected = (LOSSES[0] + 0.8 * LOSSES[1] + 0.2 * rest) / 2
    assert loss(loss_param={"label_smoothing": 0.2}).item() == pytest.approx(expected)


def test_weights_of_labels():
    assert loss([3.0, 1]).item() == pytest.approx((3 * LOSSES[0] + LOSSES[1]) / 4)
    assert loss([0.0, 0.5]).item() == pytest.approx(0.5 * LOSSES[1])  # the divisor is at least 1
    assert loss([3.0, 1], loss_param={"normalization": 2}).item() == pytest.approx(
        (3 * LOSSES[0] + LOSSES[1]) / 2
    )


def test_class_weights_with_weights_of_labels_and_their_gradient():
    x = X.clone().requires_grad_()
    value = loss([3.0, 1], x=x, softmax_param={"class_weight": [4, 1, 1, 1]})
    assert value.item() == pytest.approx((3 * LOSSES[0] + 4 * LOSSES[1]) / 7)
    value.backward()  # divided by 3 + 1
    assert x.grad[1].tolist() == pytest.approx([4 * (3 / 8 - 1) / 4, 1 / 8, 1 / 4, 1 / 4])


def test_norm_in_place_of_the_softmax():
    x = torch.tensor([[3.0, 4]], requires_grad=True)
    value, shares = loss(
        x=x, labels=torch.tensor([0.0]), top=["loss", "prob"], softmax_param={"normalize_type": "L2"}
    )
    assert shares.tolist() == [pytest.approx([0.6, 0.8])]
    assert value.item() == pytest.approx(-math.log(0.6))
    value.backward()
    assert x.grad.tolist() == [pytest.approx([-0.4, 0.8])]


def test_fields_of_the_gpu_have_no_effect_and_say_so():
    fields = {"hard_ratio": 0.5, "label_smooth_factor": 0.1, "cutting_point": 0.1, "hard_mining_label": 1}
    assert loss(softmax_param=fields).item() == pytest.approx(sum(LOSSES) / 2)
    layer = layer_for([(2, 4), (2,)], softmax_param=fields)
    unread = LAYERS["SoftmaxWithLoss"].unread(layer.param)
    assert {f"softmax_param.{name}" for name in fields} <= set(unread)


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ({"loss_param": {"label_smoothing": 1}}, "label_smoothing 1 is not in"),
        ({"loss_param": {"weight_by_label_freqs": True, "class_weighting": [1]}}, "1 weights for 4 classes"),
        ({"softmax_param": {"normalize_type": "L3"}}, "expected Softmax, L2 or L1"),
        ({"softmax_param": {"class_weight": [1]}}, "1 weights for 4 classes"),
    ],
)
def test_faults(messages, message):
    with pytest.raises(LayerFault, match=message):
        layer_for([(2, 4), (2,), (2,)], **messages)
    with pytest.raises(LayerFault, match="weights of shape"):
        layer_for([(2, 4), (2,), (3,)])


def test_class_weights_are_a_list():
    fields = {"class_weights": [10, 2, 1, 1]}
    assert loss(loss_param=fields).item() == pytest.approx((2 * LOSSES[0] + 10 * LOSSES[1]) / 2)
    assert loss(loss_param={**fields, "ignore_label": 1}).item() == pytest.approx(10 * LOSSES[1])


SOFT = torch.tensor([[0.5, 0.5, 0, 0], [0.25, 0.75, 0, 0]])
LOGS = [[math.log(4)] * 4, [-math.log(p) for p in (3 / 8, 1 / 8, 2 / 8, 2 / 8)]]


def test_soft_labels_are_probabilities():
    fields = {"soft_labels": True}
    second = 0.25 * LOGS[1][0] + 0.75 * LOGS[1][1]
    assert loss(labels=SOFT, loss_param=fields).item() == pytest.approx((LOGS[0][0] + second) / 2)
    total = loss(labels=SOFT, loss_param={**fields, "normalization": 3})
    assert total.item() == pytest.approx(LOGS[0][0] + second)
    hard = torch.eye(4)[LABELS.long()]
    assert loss(labels=hard, loss_param=fields).item() == pytest.approx(sum(LOSSES) / 2)
    value, prob = loss(labels=SOFT, top=("loss", "prob"), loss_param=fields)
    assert value.item() == pytest.approx((LOGS[0][0] + second) / 2)
    assert prob[1].tolist() == pytest.approx([3 / 8, 1 / 8, 2 / 8, 2 / 8])


def test_soft_labels_beside_single_ones():
    assert loss(loss_param={"soft_labels": True}).item() == pytest.approx(sum(LOSSES) / 2)


def test_soft_labels_are_weighted_and_smoothed_as_single_ones():
    fields = {"soft_labels": True, "class_weights": [4, 1, 1, 1], "label_smoothing": 0.2}
    hard = torch.eye(4)[LABELS.long()]
    assert loss(labels=hard, loss_param=fields).item() == pytest.approx(loss(loss_param=fields).item())
    rest = sum(LOGS[1]) / 4
    first = math.log(4) * (0.5 * 4 + 0.5)
    second = 0.25 * 4 * (0.8 * LOGS[1][0] + 0.2 * rest) + 0.75 * (0.8 * LOGS[1][1] + 0.2 * rest)
    assert loss(labels=SOFT, loss_param=fields).item() == pytest.approx((first + second) / 2)


def test_soft_labels_of_pixels_and_their_gradient():
    x = X.t().reshape(1, 4, 1, 2).clone().requires_grad_()
    soft = SOFT.t().reshape(1, 4, 1, 2)
    loss(labels=soft, x=x, loss_param={"soft_labels": True}).backward()
    wanted = (torch.softmax(X, 1) - SOFT) / 2
    torch.testing.assert_close(x.grad[0, :, 0].t(), wanted)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"class_weights": [1, 2]}, "2 weights for 4 classes"),
        ({"class_weights": [1, 2, 3, -1]}, "class_weights has -1; weights are 0 or more"),
        ({"class_weights": [1] * 4, "auto_class_weights": True}, "exclude each other"),
        ({"class_weights": [1] * 4, "weight_by_label_freqs": True}, "exclude each other"),
    ],
)
def test_class_weights_are_checked(fields, message):
    with pytest.raises(LayerFault, match=message):
        loss(loss_param=fields)


def test_soft_labels_go_with_one_divisor():
    fields = {"class_weight": [1, 1, 1, 1]}
    with pytest.raises(LayerFault, match="soft_labels with class_weight"):
        loss([1.0, 1], softmax_param=fields, loss_param={"soft_labels": True})
    with pytest.raises(LayerFault, match="soft_labels with"):
        loss(softmax_param={"normalize_type": "L2"}, loss_param={"soft_labels": True})
    with pytest.raises(LayerFault, match="8 labels of shape"):
        loss(labels=SOFT)
