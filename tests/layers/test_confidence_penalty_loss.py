from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import DataError, LayerFault


def test_loss_and_gradient(make):
    p = torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]], requires_grad=True)
    layer = make("ConfidencePenaltyLoss", (2, 3), (2,), confidence_penalty_loss_param={"beta": 0.2})
    loss = layer(p, torch.tensor([0.0, 1.0]))
    loss.backward()
    # the share of the others is divided by the batch size minus 1, which is 1
    first = 0.8 * math.log(2) + 0.2 * 2 * math.log(4)
    second = 0.8 * math.log(2) + 0.2 * (math.log(2) - math.log(1e-20))
    assert loss.item() == pytest.approx((first + second) / 2)
    assert p.grad[0].tolist() == pytest.approx([-0.8, -0.4, -0.4])
    assert p.grad[1].tolist() == pytest.approx([-0.1 / 1e-20, -0.8, -0.2])


def test_mistakes(make, shapes):
    with pytest.raises(LayerFault, match="a batch of one item"):
        shapes("ConfidencePenaltyLoss", (1, 3), (1,))
    with pytest.raises(LayerFault, match=r"expected \(N, classes\) and \(N\)"):
        shapes("ConfidencePenaltyLoss", (2, 3), (2, 3))
    with pytest.raises(DataError, match="label 3 is out of range"):
        make("ConfidencePenaltyLoss", (2, 3), (2,))(torch.full((2, 3), 0.3), torch.tensor([0.0, 3.0]))
