from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

# pairs of one class: (0, 1) at 1.5; of two classes: (0, 2) at 0.25, (1, 2) at 0.5
X = torch.tensor([[9.0, 1.5, 0.25], [9.0, 9.0, 0.5], [9.0, 9.0, 9.0]])
LABELS = torch.tensor([1.0, 1.0, 4.0])
FIELDS = {"positive_margin": 1, "negative_margin": 1, "positive_weight": 2, "negative_weight": 0.5}


def test_loss_is_over_pairs_and_the_gradient_over_items(make):
    x = X.clone().requires_grad_()
    text = 'type: "BatchContrastiveLoss" top: "loss" top: "d"'
    loss, distances = make(text, (3, 3), (3,), batch_contrastive_loss_param=FIELDS)(x, LABELS)
    loss.backward()
    assert loss.item() == pytest.approx((2 * 0.5 + 0.5 * (0.75 + 0.5)) / 3)
    assert distances.tolist() == [1.5, 0.375]
    torch.testing.assert_close(x.grad, torch.tensor([[0, 2, -0.5], [0, 0, -0.5], [0, 0, 0]]) / 3)


def test_max_only_takes_the_worst_of_each_kind(make):
    x = X.clone().requires_grad_()
    layer = make(
        "BatchContrastiveLoss", (3, 3), (3,), batch_contrastive_loss_param={**FIELDS, "max_only": True}
    )
    loss = layer(x, LABELS)
    loss.backward()
    assert loss.item() == pytest.approx(2 * 0.5 + 0.5 * 0.75)
    torch.testing.assert_close(x.grad, torch.tensor([[0, 2, -0.5], [0, 0, 0.0], [0, 0, 0]]) / 2)


def test_batch_of_one_class_costs_nothing_between_classes(make):
    layer = make('type: "BatchContrastiveLoss" top: "l" top: "d"', (3, 3), (3,))
    loss, distances = layer(X, torch.ones(3))
    assert loss.item() == pytest.approx(0.5 / 3)
    assert distances[0].item() == pytest.approx(0.75)
    assert distances[1].isnan()  # there is no such pair


def test_distances_are_square(shapes):
    with pytest.raises(LayerFault, match=r"expected \(N, N\)"):
        shapes("BatchContrastiveLoss", (3, 4), (3,))
