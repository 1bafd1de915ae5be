from __future__ import annotations

import torch


def test_values_and_gradient(make):
    x = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    y = make("AbsVal", (3,))(x)
    y.sum().backward()
    assert y.tolist() == [2, 0, 3]
    assert x.grad.tolist() == [-1, 0, 1]


def test_gradcheck(make):
    x = torch.tensor([-2.0, -0.3, 0.4], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("AbsVal", (3,)), x)
