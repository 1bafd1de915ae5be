from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault

SCORES = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
TYPE = 'type: "Accuracy" top: "accuracy" '


def test_accuracy_is_fraction_of_correct_predictions(make):
    accuracy = make(TYPE, (4, 3), (4,))(SCORES, torch.tensor([1.0, 1.0, 2.0, 2.0]))
    assert accuracy.shape == ()
    assert accuracy.item() == 0.5


def test_top_k_counts_label_among_k_best_scores(make):
    layer = make(TYPE + "accuracy_param { top_k: 2 }", (4, 3), (4,))
    assert layer(SCORES, torch.tensor([1.0, 1.0, 2.0, 2.0])).item() == 0.75


def test_tied_score_counts_as_wrong(make):
    layer = make(TYPE, (2, 2), (2,))
    assert layer(torch.tensor([[0.5, 0.5], [0.4, 0.6]]), torch.tensor([0.0, 1.0])).item() == 0.5


def test_nan_scores_count_as_wrong(make):
    layer = make(TYPE, (2, 2), (2,))
    assert layer(torch.full((2, 2), float("nan")), torch.tensor([0.0, 1.0])).item() == 0


def test_second_top_is_accuracy_per_class(make):
    layer = make(TYPE + 'top: "by_class"', (4, 3), (4,))
    accuracy, by_class = layer(SCORES, torch.tensor([1.0, 1.0, 1.0, 0.0]))
    assert accuracy.item() == 0.5
    torch.testing.assert_close(by_class, torch.tensor([1.0, 1 / 3, 0.0]))


def test_ignored_labels_are_excluded(make):
    layer = make(TYPE + 'top: "by_class" accuracy_param { ignore_label: 255 }', (4, 3), (4,))
    accuracy, by_class = layer(SCORES, torch.tensor([1.0, 255.0, 255.0, 2.0]))
    assert accuracy.item() == 0.5
    assert by_class.tolist() == [0.0, 1.0, 0.0]
    assert layer(SCORES, torch.full((4,), 255.0))[0].item() == 0


def test_axis_selects_classes_and_other_axes_are_positions(make):
    maps = SCORES.t().reshape(1, 3, 2, 2)
    labels = torch.tensor([[1.0, 1.0], [2.0, 2.0]]).reshape(1, 1, 2, 2)
    assert make(TYPE, (1, 3, 2, 2), (1, 1, 2, 2))(maps, labels).item() == 0.5
    layer = make(TYPE + "accuracy_param { axis: -1 }", (2, 2, 3), (2, 2))
    assert layer(SCORES.reshape(2, 2, 3), labels.reshape(2, 2)).item() == 0.5


def test_accuracy_of_half_precision_scores_is_not_rounded(make):
    scores = torch.zeros(1000, 2, dtype=torch.float16)
    scores[:, 1] = 1
    labels = torch.ones(1000)
    labels[0] = 0
    assert make(TYPE, (1000, 2), (1000,))(scores, labels).item() == pytest.approx(0.999, abs=1e-6)


def test_top_requires_no_gradient(make):
    x = SCORES.clone().requires_grad_()
    assert not make(TYPE, (4, 3), (4,))(x, torch.zeros(4)).requires_grad


def test_labels_and_top_k_are_checked(make, shapes):
    assert shapes(TYPE + 'top: "c"', (4, 3), (4,)) == [(), (3,)]
    with pytest.raises(LayerFault, match="top_k is 5, but there are only 3 classes"):
        shapes(TYPE + "accuracy_param { top_k: 5 }", (4, 3), (4,))
    with pytest.raises(LayerFault, match="8 labels of shape"):
        shapes(TYPE, (4, 3), (4, 2))
    with pytest.raises(DataError, match="label 3 is out of range; 0 to 2 exist"):
        make(TYPE, (4, 3), (4,))(SCORES, torch.full((4,), 3.0))
