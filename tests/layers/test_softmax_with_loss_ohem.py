from __future__ import annotations

from math import log

import pytest
import torch

from layerzoo.errors import DataError, LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "y" type: "DummyData" top: "y" dummy_data_param { shape { dim: 4 } } }
layer { name: "l" type: "SoftmaxWithLossOHEM" bottom: "x" bottom: "y" top: "l" top: "p" top: "e" }
"""
TYPE = 'type: "SoftmaxWithLossOHEM" top: "loss" top: "prob" top: "each" '
SCORES = torch.log(torch.tensor([[1.0, 1.0, 2.0], [2.0, 1.0, 1.0]]))


def test_tops_are_loss_probabilities_and_loss_of_each_label(make):
    x = SCORES.clone().requires_grad_()
    loss, prob, each = make(TYPE, (2, 3), (2, 1))(x, torch.tensor([[2.0], [1.0]]))
    assert loss.item() == pytest.approx((log(2) + log(4)) / 2)
    torch.testing.assert_close(prob, torch.tensor([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]))
    torch.testing.assert_close(each, torch.tensor([[log(2)], [log(4)]]))
    assert not prob.requires_grad
    assert not each.requires_grad
    loss.backward()
    assert x.grad is not None
    assert x.grad[0].tolist() == pytest.approx([0.125, 0.125, -0.25])


@pytest.mark.parametrize(
    ("fields", "divisor"),
    [
        ("", 1),
        ("normalization: FULL", 2),
        ("normalization: NONE", 1),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 4", 4),
        ("normalize: false", 2),
    ],
)
def test_ignored_labels_count_for_nothing(make, fields, divisor):
    text = TYPE + f"loss_param {{ ignore_label: -1 {fields} }}"
    loss, _, each = make(text, (2, 3), (2,))(SCORES, torch.tensor([2.0, -1.0]))
    assert loss.item() == pytest.approx(log(2) / divisor)
    assert each.tolist() == pytest.approx([log(2), 0])


def test_axis_selects_the_classes(make):
    text = TYPE + "softmax_param { axis: 2 }"
    loss, _, each = make(text, (1, 2, 3), (1, 2))(SCORES[None], torch.tensor([[2.0, 1.0]]))
    assert loss.item() == pytest.approx((log(2) + log(4)) / 2)
    assert each.shape == (1, 2)


def test_label_out_of_range_is_an_error(make):
    with pytest.raises(DataError, match="label 3 is out of range; 0 to 2 exist"):
        make(TYPE, (2, 3), (2,))(SCORES, torch.tensor([0.0, 3.0]))


def test_shapes(shapes):
    assert shapes(TYPE, (4, 5, 2, 2), (4, 1, 2, 2)) == [(), (4, 5, 2, 2), (4, 1, 2, 2)]
    with pytest.raises(LayerFault, match=r"20 labels of shape \(4, 5\)"):
        shapes(TYPE, (4, 5), (4, 5))
