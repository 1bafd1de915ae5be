from __future__ import annotations

import torch


def test_values_and_no_gradient_at_a_bound(make):
    x = torch.tensor([-2.0, -1.0, 0.5, 2.0, 3.0], requires_grad=True)
    y = make("Truncation", (5,), truncation_param={"lower_bound": -1, "upper_bound": 2})(x)
    y.sum().backward()
    assert y.tolist() == [-1, -1, 0.5, 2, 2]
    assert x.grad.tolist() == [0, 0, 1, 0, 0]


def test_defaults_are_0_and_5_and_the_upper_bound_wins(make):
    assert make("Truncation", (2,))(torch.tensor([-1.0, 9.0])).tolist() == [0, 5]
    crossed = make("Truncation", (1,), truncation_param={"lower_bound": 3, "upper_bound": 1})
    assert crossed(torch.tensor([2.0])).tolist() == [1]
