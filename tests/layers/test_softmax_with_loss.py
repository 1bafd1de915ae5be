from __future__ import annotations

from math import log

import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional as F

from layerzoo.errors import DataError, LayerFault

# Probabilities 1/4, 1/4, 1/2 of item 0, and 1/2, 1/4, 1/4 of item 1.
SCORES = torch.tensor([[0.0, 0.0, log(2)], [log(2), 0.0, 0.0]])
TYPE = 'type: "SoftmaxWithLoss" top: "loss" '

EXAMPLE = """
layer { name: "in" type: "Input" top: "x" top: "y" top: "w"
        input_param { shape { dim: 2 dim: 3 dim: 4 } shape { dim: 2 dim: 3 dim: 4 } shape { dim: 2 } } }
layer { name: "label" type: "ArgMax" bottom: "x" top: "label" argmax_param { axis: 2 } }
layer { name: "smooth" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" top: "smooth"
        softmax_param { axis: 2 } loss_param { label_smoothing: 0.1 ignore_label: 1 } }
layer { name: "weighted" type: "SoftmaxWithLoss" bottom: "x" bottom: "label" bottom: "w" top: "weighted"
        softmax_param { axis: 2 } }
layer { name: "t" type: "Softmax" bottom: "y" top: "t" softmax_param { axis: 2 } }
layer { name: "soft" type: "SoftmaxWithLoss" bottom: "x" bottom: "t" bottom: "w" top: "soft"
        softmax_param { axis: 2 } loss_param { soft_labels: true } }
"""


def test_loss_is_mean_negative_log_probability(make):
    loss = make(TYPE, (2, 3), (2,))(SCORES, torch.tensor([2.0, 1.0]))
    assert loss.shape == ()
    assert loss.item() == pytest.approx((log(2) + log(4)) / 2)


def test_gradient_is_probability_minus_one_at_label(make):
    x = SCORES.clone().requires_grad_()
    make(TYPE, (2, 3), (2,))(x, torch.tensor([2.0, 1.0])).backward()
    expected = torch.tensor([[0.25, 0.25, -0.5], [0.5, -0.75, 0.25]]) / 2
    torch.testing.assert_close(x.grad, expected)


def test_labels_may_have_any_shape_of_right_size(make):
    loss = make(TYPE, (2, 3), (2, 1, 1, 1))(SCORES, torch.tensor([2.0, 1.0]).reshape(2, 1, 1, 1))
    assert loss.item() == pytest.approx((log(2) + log(4)) / 2)


def test_batch_size_may_change(make):
    loss = make(TYPE, (2, 3), (2,))(SCORES[:1], torch.tensor([2.0]))
    assert loss.item() == pytest.approx(log(2))


def test_axis_selects_the_classes(make):
    # Columns of probabilities 1/2, 1/2 and 2/3, 1/3.
    x = torch.tensor([[0.0, log(2)], [0.0, 0.0]])
    loss = make(TYPE + "softmax_param { axis: 0 }", (2, 2), (2,))(x, torch.tensor([1.0, 0.0]))
    assert loss.item() == pytest.approx((log(2) + log(3 / 2)) / 2)
    deep = torch.stack([SCORES, SCORES])
    loss = make(TYPE + "softmax_param { axis: 2 }", (2, 2, 3), (2, 2))(deep, torch.tensor([[2.0, 1], [2, 0]]))
    assert loss.item() == pytest.approx((log(2) + log(4) + log(2) + log(2)) / 4)


@pytest.mark.parametrize(
    ("loss_param", "expected"),
    [
        ("", log(8) / 2),
        ("normalization: FULL", log(8) / 4),
        ("normalization: VALID", log(8) / 2),
        ("normalization: BATCH_SIZE", log(8) / 2),
        ("normalization: NONE", log(8)),
        ("normalize: false", log(8) / 2),
        ("normalize: true", log(8) / 2),
        ("normalize: true normalization: NONE", log(8)),
    ],
)
def test_normalisation_with_ignored_labels(make, loss_param, expected):
    # 2 items of 2 positions each; one position of each item counts.
    x = torch.stack([SCORES.t(), SCORES.t()])
    labels = torch.tensor([[2.0, 255.0], [255.0, 1.0]])
    text = TYPE + "loss_param { ignore_label: 255 " + loss_param + " }"
    assert make(text, (2, 3, 2), (2, 2))(x, labels).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss_param", "divisor"),
    [("", 4), ("normalization: FULL", 4), ("normalization: BATCH_SIZE", 2), ("normalization: NONE", 1)],
)
def test_normalisation_without_ignored_labels(make, loss_param, divisor):
    x = torch.stack([SCORES.t(), SCORES.t()])
    labels = torch.tensor([[2.0, 1.0], [0.0, 0.0]])
    total = log(2) + log(4) + log(4) + log(2)
    text = TYPE + "loss_param { " + loss_param + " }"
    assert make(text, (2, 3, 2), (2, 2))(x, labels).item() == pytest.approx(total / divisor)


def test_loss_is_zero_when_all_labels_are_ignored(make):
    x = SCORES.clone().requires_grad_()
    loss = make(TYPE + "loss_param { ignore_label: -1 }", (2, 3), (2,))(x, torch.tensor([-1.0, -1.0]))
    loss.backward()
    assert loss.item() == 0
    assert x.grad.tolist() == [[0.0] * 3] * 2


def test_loss_of_empty_batch_is_zero(make):
    assert make(TYPE, (2, 3), (2,))(SCORES[:0], torch.zeros(0)).item() == 0


def test_second_top_holds_the_probabilities(make):
    layer = make(TYPE + 'top: "prob"', (2, 3), (2,))
    x = SCORES.clone().requires_grad_()
    loss, prob = layer(x, torch.tensor([2.0, 1.0]))
    assert loss.item() == pytest.approx((log(2) + log(4)) / 2)
    torch.testing.assert_close(prob, torch.tensor([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]))
    assert not prob.requires_grad


@pytest.mark.parametrize(("label", "shown"), [(3.0, "3"), (-1.0, "-1"), (float("nan"), "nan")])
def test_label_out_of_range_is_an_error(make, label, shown):
    layer = make(TYPE, (2, 3), (2,))
    with pytest.raises(DataError, match=rf"layer 'l': label {shown} is out of range; 0 to 2 exist"):
        layer(SCORES, torch.tensor([0.0, label]))


def test_gradient(make):
    x = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([[0.0, 1, 2], [3, 1, 255]])
    layer = make(TYPE + "loss_param { ignore_label: 255 }", (2, 4, 3), (2, 3))
    assert gradcheck(lambda x: layer(x, labels), (x,))


def test_shapes(shapes):
    assert shapes('type: "SoftmaxWithLoss"', (4, 5), (4,)) == [()]
    assert shapes(TYPE + 'top: "p"', (4, 5, 2, 2), (4, 1, 2, 2)) == [(), (4, 5, 2, 2)]
    with pytest.raises(LayerFault, match=r"20 labels of shape \(4, 5\).*expected 4, e.g. of shape \(4,\)"):
        shapes(TYPE, (4, 5), (4, 5))
    with pytest.raises(LayerFault, match=r"shapes \(4, 5\) and \(2, 2\); their first axes must be equal"):
        shapes(TYPE, (4, 5), (2, 2))


def test_pre_fixed_normalizer_and_loss_of_each_label_of_rfcn(make):
    text = TYPE + 'top: "p" top: "e" loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 8 }'
    loss, _, each = make(text, (2, 3), (2, 1))(SCORES, torch.tensor([[2.0], [1.0]]))
    assert loss.item() == pytest.approx((log(2) + log(4)) / 8)
    torch.testing.assert_close(each, torch.tensor([[log(2)], [log(4)]]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_sequences_with_ignored_labels_agree_with_torch(make, smoothing):
    """Scores (N, T, V) of a language model, whose padding is -1."""
    x = torch.randn(2, 4, 5, requires_grad=True)
    labels = torch.tensor([[0, 3, 4, -1], [2, -1, -1, -1]])
    losses = f"loss_param {{ ignore_label: -1 label_smoothing: {smoothing} }}"
    text = f'type: "SoftmaxWithLoss" softmax_param {{ axis: 2 }} {losses}'
    value = make(text, (2, 4, 5), (2, 4))(x, labels.float())
    options = {"ignore_index": -1, "label_smoothing": smoothing}
    expected = F.cross_entropy(x.reshape(8, 5), labels.reshape(8), **options)
    torch.testing.assert_close(value, expected)
    (of_value,), (of_expected,) = (torch.autograd.grad(loss, x) for loss in (value, expected))
    torch.testing.assert_close(of_value, of_expected)


def test_weights_of_samples_are_those_of_all_their_labels(make):
    x, labels = torch.randn(2, 4, 5), torch.tensor([[0.0, 3, 4, -1], [2, -1, -1, -1]])
    text = 'type: "SoftmaxWithLoss" softmax_param { axis: 2 } loss_param { ignore_label: -1 }'
    of_samples = torch.tensor([3.0, 1])
    value = make(text, (2, 4, 5), (2, 4), (2,))(x, labels, of_samples)
    each = -x.log_softmax(2).gather(2, labels.long().clamp(min=0)[..., None])[..., 0]
    torch.testing.assert_close(value, (3 * each[0, :3].sum() + each[1, 0]) / 10)
    of_labels = of_samples[:, None].expand(2, 4).contiguous()
    torch.testing.assert_close(make(text, (2, 4, 5), (2, 4), (2, 4))(x, labels, of_labels), value)


def test_weights_of_probabilities_as_labels(make):
    x, t, w = torch.randn(2, 5, 3), torch.randn(2, 5, 3).softmax(1), torch.rand(2, 3) + 1
    text = 'type: "SoftmaxWithLoss" loss_param { soft_labels: true label_smoothing: 0.2 }'
    each = F.cross_entropy(x, t, reduction="none", label_smoothing=0.2)
    value = make(text, (2, 5, 3), (2, 5, 3), (2, 3))(x, t, w)
    torch.testing.assert_close(value, (each * w).sum() / w.sum())


def test_fixed_divisor_holds_with_smoothing_and_weights(make):
    x, labels = torch.randn(2, 3), torch.tensor([2.0, 0])
    fields = "normalization: PRE_FIXED pre_fixed_normalizer: 7 label_smoothing: 0.1"
    text = f'type: "SoftmaxWithLoss" loss_param {{ {fields} }}'
    total = F.cross_entropy(x, labels.long(), reduction="sum", label_smoothing=0.1)
    torch.testing.assert_close(make(text, (2, 3), (2,))(x, labels), total / 7)


def test_weights_of_another_number_are_an_error(shapes):
    with pytest.raises(LayerFault, match="3 weights") as caught:
        shapes("SoftmaxWithLoss", (2, 4), (2,), (3,))
    assert caught.value.bottom == 2
