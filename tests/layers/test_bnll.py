from __future__ import annotations

import math

import pytest
import torch


def test_values(make):
    y = make("BNLL", (3,))(torch.tensor([0.0, math.log(3), -math.log(3)]))
    assert y.tolist() == pytest.approx([math.log(2), math.log(4), math.log(4 / 3)])


def test_large_values_stay_finite(make):
    x = torch.tensor([-1000.0, 1000.0], requires_grad=True)
    y = make("BNLL", (2,))(x)
    y.sum().backward()
    assert y.tolist() == [0, 1000]
    assert x.grad.tolist() == [0, 1]


def test_gradcheck(make):
    x = torch.tensor([-30.0, -1.0, 0.0, 2.0, 30.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("BNLL", (5,)), x)
