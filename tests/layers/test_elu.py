from __future__ import annotations

import math

import pytest
import torch


def test_values(make):
    x = torch.tensor([-math.log(2), 0.0, 2.0])
    assert make("ELU", (3,))(x).tolist() == pytest.approx([-0.5, 0, 2])
    assert make("ELU", (3,), elu_param={"alpha": 4})(x).tolist() == pytest.approx([-2, 0, 2])


@pytest.mark.parametrize("alpha", [1, 0.5, -0.3])
def test_gradcheck(make, alpha):
    x = torch.tensor([-2.0, -0.3, 0.4], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("ELU", (3,), elu_param={"alpha": alpha}), x)
