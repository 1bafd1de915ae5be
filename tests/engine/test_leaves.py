"""The leaves under a loss."""

from __future__ import annotations

import torch

from layerzoo.engine.leaves import leaves_under


def test_leaves_are_what_a_loss_gives_gradients_to() -> None:
    a, b, c = (torch.ones(2, requires_grad=True) for _ in range(3))
    loss = (a * b + (a * c).detach() + torch.ones(2)).sum()
    assert leaves_under(loss) == {a, b}
    assert leaves_under(torch.zeros(())) == set()
