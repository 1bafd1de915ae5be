from __future__ import annotations

import torch


def test_tops_are_the_bottom_and_gradients_add_up(make):
    x = torch.tensor([1.0, 2], requires_grad=True)
    a, b = make("Split", (2,), top=["a", "b"])(x)
    assert a.tolist() == b.tolist() == [1, 2]
    assert a.data_ptr() == x.data_ptr()
    (a * 3 + b * 4).sum().backward()
    assert x.grad.tolist() == [7, 7]


def test_single_top_is_the_bottom(make):
    x = torch.ones(2)
    assert torch.equal(make("Split", (2,), top=["a"])(x), x)
