from __future__ import annotations

import pytest
import torch


def test_values(make):
    x = torch.tensor([-2.0, 0, 3, 6, 9])
    assert make("ReLU6", (5,))(x).tolist() == [0, 0, 3, 6, 6]
    leaky = make("ReLU6", (5,), relu6_param={"negative_slope": 0.5})
    assert leaky(x).tolist() == [-1, 0, 3, 6, 6]


@pytest.mark.parametrize("slope", [0, 0.5])
def test_gradient_is_0_from_6_on(make, slope):
    x = torch.tensor([-2.0, 3, 6, 9], requires_grad=True)
    make("ReLU6", (4,), relu6_param={"negative_slope": slope})(x).sum().backward()
    assert x.grad.tolist() == [slope, 1, 0, 0]
