from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault

# the probabilities of class 0 are 1/4 and 1/2
X = torch.tensor([[0.0, math.log(3.0)], [1.0, 1.0]])
LABELS = torch.zeros(2)

EXAMPLE = """
layer { name: "in" type: "Input" top: "x" top: "w" input_param { shape { dim: 3 dim: 4 } shape { dim: 3 } } }
layer { name: "label" type: "ArgMax" bottom: "x" top: "label" argmax_param { axis: 1 } }
layer { name: "weighted" type: "FocalLoss" bottom: "x" bottom: "label" bottom: "w" top: "weighted" }
"""


@pytest.mark.parametrize(
    ("param", "factor"),
    [
        ({}, lambda p: (1 - p) ** 2),
        ({"type": "LINEAR", "gamma": 1}, lambda p: 1 - p),
        ({"type": "ONEADDP", "gamma": 3}, lambda p: (1 + p) ** 3),
        ({"gamma": 0}, lambda p: 1),
        ({"alpha": 1.5}, lambda p: (1.5 - p) ** 2),
        ({"alpha": 0.75, "type": "ONEADDP"}, lambda p: (0.75 + p) ** 2),
    ],
)
def test_loss_and_gradient(make, param, factor):
    x = X.clone().requires_grad_()
    loss = make("FocalLoss", (2, 2), (2,), focal_loss_param=param)(x, LABELS)
    loss.backward()
    assert loss.item() == pytest.approx(sum(-factor(p) * math.log(p) for p in (1 / 4, 1 / 2)) / 2)
    sign = 1 if param.get("type") == "ONEADDP" else -1
    gamma = param.get("gamma", 2)
    for row, p in enumerate((1 / 4, 1 / 2)):
        # the fork divides the power by 1 - p or 1 + p also where alpha isn't 1
        slope = sign * gamma * factor(p) / (1 + sign * p) * math.log(p) * p + factor(p)
        assert x.grad[row].tolist() == pytest.approx([slope * (p - 1) / 2, slope * (1 - p) / 2])


def test_ignored_labels_and_probabilities(make):
    text = 'type: "FocalLoss" top: "loss" top: "p" loss_param { ignore_label: 1 }'
    x = X.clone().requires_grad_()
    loss, probabilities = make(text, (2, 2), (2,))(x, torch.tensor([0.0, 1.0]))
    loss.backward()
    assert loss.item() == pytest.approx((3 / 4) ** 2 * math.log(4))
    assert x.grad[1].tolist() == [0, 0]
    torch.testing.assert_close(probabilities, X.softmax(1))


def test_certain_label_has_a_finite_gradient_at_any_power(make):
    x = torch.tensor([[200.0, 0.0]], requires_grad=True)
    make("FocalLoss", (1, 2), (1,), focal_loss_param={"gamma": 0.1})(x, torch.zeros(1)).backward()
    assert x.grad.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("param", "message"), [({"gamma": -1}, "gamma -1 is below 0"), ({"alpha": 0}, "alpha 0 must be above 0")]
)
def test_mistakes(shapes, param, message):
    with pytest.raises(LayerFault, match=message):
        shapes("FocalLoss", (2, 2), (2,), focal_loss_param=param)


def test_weights_of_labels_and_samples(make):
    x, labels = torch.randn(2, 3, 2), torch.tensor([[2.0, 0], [1, -1]])
    text = 'type: "FocalLoss" focal_loss_param { gamma: 2 } loss_param { ignore_label: -1 }'
    log = x.log_softmax(1).gather(1, labels.long().clamp(min=0)[:, None])[:, 0]
    each = -((1 - log.exp()) ** 2) * log
    w = torch.tensor([[1.0, 2], [4, 8]])
    value = make(text, (2, 3, 2), (2, 2), (2, 2))(x, labels, w)
    torch.testing.assert_close(value, (each[0, 0] + 2 * each[0, 1] + 4 * each[1, 0]) / 7)
    value = make(text, (2, 3, 2), (2, 2), (2,))(x, labels, torch.tensor([1.0, 3]))
    torch.testing.assert_close(value, (each[0, 0] + each[0, 1] + 3 * each[1, 0]) / 5)


def test_weights_of_another_number_are_an_error(shapes):
    with pytest.raises(LayerFault, match="3 weights"):
        shapes("FocalLoss", (2, 2), (2,), (3,))
