from __future__ import annotations

import math

import pytest
import torch


def test_values(make):
    y = make("Sigmoid", (3,))(torch.tensor([0.0, math.log(3), -1000.0]))
    assert y.tolist() == pytest.approx([0.5, 0.75, 0])


def test_gradcheck(make):
    x = torch.randn(6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("Sigmoid", (6,)), x)
