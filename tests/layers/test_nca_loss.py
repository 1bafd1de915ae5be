from __future__ import annotations

from math import exp

import pytest
import torch

from layerzoo.errors import LayerFault

X = torch.tensor([[0.5, 2.0, 1.0], [3.0, 0.25, 1.0]])
LABELS = torch.tensor([0.0, 1.0])


def test_loss_gradient_and_distances(make):
    x = X.clone().requires_grad_()
    loss, distances = make('type: "NCALoss" top: "loss" top: "d"', (2, 3), (2,))(x, LABELS)
    loss.backward()
    assert loss.item() == pytest.approx((0.75 + exp(-2) + exp(-1) + exp(-3) + exp(-1)) / 2)
    assert distances.tolist() == pytest.approx([0.75 / 2, 7 / 2 / 2])
    expected = torch.tensor([[1, -exp(-2), -exp(-1)], [-exp(-3), 1, -exp(-1)]]) / 2
    torch.testing.assert_close(x.grad, expected)


def test_nearest_class_is_sought_from_class_0_on(make):
    x = X.clone().requires_grad_()
    loss = make("NCALoss", (2, 3), (2,), nca_param={"min_negative_only": True})(x, LABELS)
    loss.backward()
    # no other class is nearer than class 0, the first item's own
    assert loss.item() == pytest.approx((0.75 + exp(-0.5) + exp(-1)) / 2)
    torch.testing.assert_close(x.grad, torch.tensor([[-exp(-0.5), 0, 0], [0, 1, -exp(-1)]]) / 2)


def test_third_bottom_weights_the_gradient_only(make):
    x = X.clone().requires_grad_()
    layer = make('type: "NCALoss" bottom: ["x", "label", "w"]', (2, 3), (2,), (2,))
    loss = layer(x, LABELS, torch.tensor([1.0, 3.0]))
    loss.backward()
    assert loss.item() == pytest.approx((0.75 + exp(-2) + exp(-1) + exp(-3) + exp(-1)) / 2)
    expected = torch.tensor([[1, -exp(-2), -exp(-1)], [-exp(-3), 1, -exp(-1)]]) / 2
    torch.testing.assert_close(x.grad, expected * torch.tensor([[0.5], [1.5]]))


def test_labels_are_one_per_item(shapes):
    with pytest.raises(LayerFault, match=r"expected \(N, classes\) and \(N\)"):
        shapes("NCALoss", (2, 3), (2, 2))
