from __future__ import annotations

import math

import pytest
import torch


def test_values_and_slopes(make):
    x = torch.tensor([-1 / 2, 0.0, 1 / 2, 0.999, 1.0], requires_grad=True)
    y = make("Arccos", (5,))(x)
    y.sum().backward()
    expected = torch.tensor([2 * math.pi / 3, math.pi / 2, math.pi / 3, math.acos(0.999), 0.0])
    torch.testing.assert_close(y, expected)
    assert x.grad.tolist()[:3] == pytest.approx([-2 / math.sqrt(3), -1, -2 / math.sqrt(3)])
    # above 0.99 the slope is that at 0.99
    assert x.grad.tolist()[3:] == pytest.approx([-1 / math.sqrt(1 - 0.99**2)] * 2, rel=1e-4)
