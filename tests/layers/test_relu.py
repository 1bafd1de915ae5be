from __future__ import annotations

import pytest
import torch


def test_values(make):
    x = torch.tensor([-2.0, 0.0, 3.0])
    assert make("ReLU", (3,))(x).tolist() == [0, 0, 3]
    leaky = make("ReLU", (3,), relu_param={"negative_slope": 0.25})
    assert leaky(x).tolist() == [-0.5, 0, 3]


@pytest.mark.parametrize(
    ("slope", "down"), [(0, [0, 0, 1]), (0.25, [0.25, 0.25, 1]), (-0.5, [-0.5, -0.5, 1])]
)
def test_gradient_of_the_bottom(make, slope, down):
    x = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    make("ReLU", (3,), relu_param={"negative_slope": slope})(x).sum().backward()
    assert x.grad.tolist() == down


def test_relu_may_be_in_place_but_forward_keeps_its_bottom(make):
    layer = make("ReLU", (1,))
    x = torch.tensor([-1.0])
    layer(x)
    assert layer.may_be_in_place
    assert x.tolist() == [-1]
