from __future__ import annotations

from math import log

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import DataError, LayerFault

TYPE = 'type: "MultinomialLogisticLoss"'


def test_loss_and_gradient(make):
    x = torch.tensor([[0.25, 0.75], [0.5, 0.5]], requires_grad=True)
    loss = make(TYPE, (2, 2), (2,))(x, torch.tensor([0.0, 1.0]))
    loss.backward()
    assert loss.item() == pytest.approx((log(4) + log(2)) / 2)
    assert x.grad.tolist() == [[-2.0, 0.0], [0.0, -1.0]]


def test_probability_zero_counts_as_1e_20(make):
    x = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = make(TYPE, (1, 2), (1,))(x, torch.tensor([0.0]))
    loss.backward()
    assert loss.item() == pytest.approx(20 * log(10))
    assert x.grad[0, 0].item() == pytest.approx(-1e20)


def test_gradient(make):
    x = (torch.rand(3, 4, dtype=torch.float64) + 0.1).requires_grad_()
    layer = make(TYPE, (3, 4), (3,))
    assert gradcheck(lambda x: layer(x, torch.tensor([3.0, 0, 1])), (x,))


def test_labels_are_checked(make, shapes):
    assert shapes(TYPE, (2, 3), (2, 1, 1, 1)) == [()]
    with pytest.raises(LayerFault, match="6 labels of shape"):
        shapes(TYPE, (2, 3), (2, 3))
    with pytest.raises(DataError, match="label 2 is out of range; 0 to 1 exist"):
        make(TYPE, (1, 2), (1,))(torch.ones(1, 2), torch.tensor([2.0]))
