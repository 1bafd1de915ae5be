from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_loss_and_gradients(make):
    a = torch.tensor([[0.0, 0.0], [0.0, 0.0]], requires_grad=True)
    p = torch.tensor([[1.0, 0.0], [1.0, 0.0]], requires_grad=True)
    n = torch.tensor([[0.0, 1.0], [0.0, 3.0]], requires_grad=True)
    loss = make("TripletLoss", (2, 2), (2, 2), (2, 2), triplet_loss_param={"margin": 0.5})(a, p, n)
    loss.backward()
    assert loss.item() == 0.5 / 4  # the second negative is far enough away
    assert a.grad.tolist() == [[-0.5, 0.5], [0, 0]]  # (n - p) / N
    assert p.grad.tolist() == [[0.5, 0], [0, 0]]
    assert n.grad.tolist() == [[0, -0.5], [0, 0]]


def test_bottoms_have_one_shape(shapes):
    with pytest.raises(LayerFault, match=r"expected three of \(N, C\)"):
        shapes("TripletLoss", (2, 2), (2, 2), (2, 3))
