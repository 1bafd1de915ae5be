from __future__ import annotations

from math import log

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

TYPE = 'type: "SigmoidCrossEntropyLoss" '
# Sigmoids 1/2, 3/4 and 1/4, 1/2.
SCORES = torch.tensor([[0.0, log(3)], [-log(3), 0.0]])
TARGETS = torch.tensor([[1.0, 0.0], [0.5, 1.0]])
# -log(1/2), -log(1/4), -(log(1/4) + log(3/4)) / 2, -log(1/2)
LOSSES = [log(2), log(4), (log(4) + log(4 / 3)) / 2, log(2)]


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
