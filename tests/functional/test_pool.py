from __future__ import annotations

from functools import partial

import pytest
import torch

from layerzoo.functional.pool import ave_pool, max_pool, max_pool_with_mask, stochastic_pool
from layerzoo.functional.window import Window

# the pad is above half the kernel, which torch's own operators refuse
WINDOW = Window((3,), (2,), (2,), (1,))
X = torch.tensor([[[4.0, 2, 6]]])


def test_pad_above_half_the_kernel():
    # of 0 0 | 4 2 6 | 0 0: 0 0 4, 4 2 6, and 6 0 0
    assert max_pool(X, WINDOW).tolist() == [[[4, 6, 6]]]
    assert ave_pool(X, WINDOW).flatten().tolist() == pytest.approx([4 / 3, 4, 2])
    y, mask = max_pool_with_mask(X, WINDOW)
    assert y.tolist() == [[[4, 6, 6]]]
    assert mask.tolist() == [[[0, 2, 2]]]


def test_gradient_with_a_pad_above_half_the_kernel():
    x = X.clone().requires_grad_()
    max_pool(x, WINDOW).sum().backward()
    assert x.grad.tolist() == [[[1, 0, 2]]]
    x.grad = None
    (ave_pool(x, WINDOW) * 3).sum().backward()
    assert x.grad.tolist() == [[[2, 1, 2]]]


def test_stochastic_gives_the_expected_value_without_random_numbers():
    w = Window((2,), (2,), (0,), (1,))
    assert stochastic_pool(X, w).flatten().tolist() == pytest.approx([20 / 6, 6])
    drawn = stochastic_pool(X.expand(4000, 1, 3), w, uniform=partial(_uniform, seed=1))
    assert set(drawn[:, 0, 0].tolist()) == {2, 4}
    assert abs((drawn[:, 0, 0] == 4).double().mean().item() - 2 / 3) < 0.04  # five standard deviations
    assert drawn[:, 0, 1].unique().tolist() == [6]


def _uniform(shape, device, seed):
    return 1 - torch.rand(shape, generator=torch.Generator(device).manual_seed(seed), device=device)


def test_stochastic_never_draws_a_zero_beside_others():
    x = torch.tensor([0.0, 5, 0, 0]).expand(3, 1, 4)
    w = Window((4,), (4,), (0,), (1,))
    for number in (2.0**-24, 0.5, 1.0):
        drawn = stochastic_pool(x, w, uniform=lambda shape, _, number=number: torch.full(shape, number))
        assert drawn.unique().tolist() == [5]


def test_stochastic_gradient_of_windows_of_zeros_is_zero():
    x = torch.zeros(1, 1, 2, requires_grad=True)
    stochastic_pool(x, Window((2,), (2,), (0,), (1,))).sum().backward()
    assert x.grad.tolist() == [[[0, 0]]]
