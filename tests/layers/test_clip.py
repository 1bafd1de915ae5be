from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_values_and_gradient(make):
    x = torch.tensor([-2.0, -1.0, 0.0, 2.0, 3.0], requires_grad=True)
    y = make("Clip", (5,), clip_param={"min": -1, "max": 2})(x)
    y.sum().backward()
    assert y.tolist() == [-1, -1, 0, 2, 2]
    assert x.grad.tolist() == [0, 1, 1, 1, 0]  # the gradient passes at a bound


def test_gradcheck(make):
    x = torch.tensor([-2.0, 0.3, 2.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("Clip", (3,), clip_param={"min": -1, "max": 2}), x)


@pytest.mark.parametrize("param", [{}, {"min": 0}, {"max": 1}])
def test_both_bounds_are_required(make, param):
    with pytest.raises(LayerFault, match="is required"):
        make("Clip", (3,), clip_param=param)


def test_min_above_max_is_an_error(make):
    with pytest.raises(LayerFault, match="min 2 is above max 1") as raised:
        make("Clip", (3,), clip_param={"min": 2, "max": 1})
    assert raised.value.field == "clip_param.min"
