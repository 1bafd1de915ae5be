from __future__ import annotations

import math

import pytest
import torch


def test_values(make):
    x = torch.tensor([0.0, math.log(3)])
    assert make("Swish", (2,))(x).tolist() == pytest.approx([0, 0.75 * math.log(3)])
    assert make("Swish", (2,), swish_param={"beta": 2})(x).tolist() == pytest.approx([0, 0.9 * math.log(3)])


@pytest.mark.parametrize("beta", [1, 1.7, 0])
def test_gradcheck(make, beta):
    x = torch.randn(6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("Swish", (6,), swish_param={"beta": beta}), x)
