from __future__ import annotations

from math import log

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional as F

from layerzoo.errors import LayerFault

TYPE = 'type: "SigmoidCrossEntropyLoss" '
# Sigmoids 1/2, 3/4 and 1/4, 1/2.
SCORES = torch.tensor([[0.0, log(3)], [-log(3), 0.0]])
TARGETS = torch.tensor([[1.0, 0.0], [0.5, 1.0]])
# -log(1/2), -log(1/4), -(log(1/4) + log(3/4)) / 2, -log(1/2)
LOSSES = [log(2), log(4), (log(4) + log(4 / 3)) / 2, log(2)]

EXAMPLE = """
layer { name: "in" type: "Input" top: "x" top: "y" top: "w"
        input_param { shape { dim: 3 dim: 4 } shape { dim: 3 dim: 4 } shape { dim: 3 } } }
layer { name: "t" type: "Sigmoid" bottom: "y" top: "t" }
layer { name: "weighted" type: "SigmoidCrossEntropyLoss" bottom: "x" bottom: "t" bottom: "w" top: "weighted"
        loss_param { label_smoothing: 0.1 } }
"""


@pytest.mark.parametrize(
    ("loss_param", "divisor"),
    [
        ("", 2),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: VALID", 4),
        ("normalization: FULL", 4),
        ("normalization: NONE", 1),
        ("normalize: true", 4),
        ("normalize: false", 2),
    ],
)
def test_loss_is_sum_divided_by_normalisation(make, loss_param, divisor):
    layer = make(TYPE + "loss_param { " + loss_param + " }", (2, 2), (2, 2))
    loss = layer(SCORES, TARGETS)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(sum(LOSSES) / divisor)


def test_targets_are_truncated_before_ignore_label(make):
    # ignore_label 0 ignores the targets 0 and 0.5.
    layer = make(TYPE + "loss_param { ignore_label: 0 normalization: VALID }", (2, 2), (2, 2))
    x = SCORES.clone().requires_grad_()
    loss = layer(x, TARGETS)
    loss.backward()
    assert loss.item() == pytest.approx((LOSSES[0] + LOSSES[3]) / 2)
    torch.testing.assert_close(x.grad, torch.tensor([[-0.25, 0.0], [0.0, -0.25]]))


def test_large_scores_stay_finite(make):
    layer = make(TYPE, (1, 2), (1, 2))
    assert layer(torch.tensor([[1000.0, -1000.0]]), torch.tensor([[0.0, 0.0]])).item() == 1000.0


def test_gradient(make):
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    targets = torch.rand(3, 4, dtype=torch.float64)
    layer = make(TYPE, (3, 2, 2), (3, 4))
    assert gradcheck(lambda x: layer(x, targets), (x,))


def test_shapes(shapes):
    assert shapes(TYPE, (2, 3), (2, 3, 1)) == [()]
    with pytest.raises(LayerFault, match=r"2 targets of shape \(2,\) for scores of shape \(2, 3\)"):
        shapes(TYPE, (2, 3), (2,))


def test_scores_of_one_column_have_a_label_for_each_sample(make):
    x, labels = torch.randn(4, 1), torch.tensor([1.0, 0, 0, 1])
    value = make("SigmoidCrossEntropyLoss", (4, 1), (4,))(x, labels)
    expected = F.binary_cross_entropy_with_logits(x[:, 0], labels)
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_agrees_with_the_cross_entropy_of_two_classes(make, smoothing):
    x, labels = torch.randn(5, 1), torch.tensor([1.0, 0, 0, 1, -1])
    fields = {"label_smoothing": smoothing, "ignore_label": -1, "normalization": 1}
    value = make("SigmoidCrossEntropyLoss", (5, 1), (5, 1), loss_param=fields)(x, labels.view(5, 1))
    scores = torch.cat([torch.zeros(5, 1), x], 1)  # the sigmoid is a softmax with a score of 0
    expected = F.cross_entropy(scores, labels.long(), label_smoothing=smoothing, ignore_index=-1)
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize(("mode", "divisor"), [("VALID", 3 * 2 + 1), ("BATCH_SIZE", 2), ("FULL", 6)])
def test_weights_of_samples_with_ignored_targets(make, mode, divisor):
    x, t, w = torch.randn(2, 3), torch.tensor([[1.0, 0, -1], [-1, 1, -1]]), torch.tensor([3.0, 1])
    text = f'type: "SigmoidCrossEntropyLoss" loss_param {{ normalization: {mode} ignore_label: -1 }}'
    each = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    value = make(text, (2, 3), (2, 3), (2,))(x, t, w)
    torch.testing.assert_close(value, (3 * (each[0, 0] + each[0, 1]) + each[1, 1]) / divisor)


def test_weights_of_scores(make):
    x, t, w = torch.randn(2, 3), torch.rand(2, 3), torch.rand(2, 3)
    value = make("SigmoidCrossEntropyLoss", (2, 3), (2, 3), (2, 3))(x, t, w)
    torch.testing.assert_close(value, F.binary_cross_entropy_with_logits(x, t, w, reduction="sum") / 2)


def test_wrong_weights_and_smoothing_are_errors(shapes):
    with pytest.raises(LayerFault, match="4 weights"):
        shapes("SigmoidCrossEntropyLoss", (2, 3), (2, 3), (4,))
    with pytest.raises(LayerFault, match=r"label_smoothing 1 is not in \[0, 1\)") as caught:
        shapes('type: "SigmoidCrossEntropyLoss" loss_param { label_smoothing: 1 }', (2, 3), (2, 3))
    assert caught.value.field == "loss_param.label_smoothing"
