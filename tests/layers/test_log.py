from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ({}, [0, math.log(4)]),
        ({"base": 2}, [0, 2]),
        ({"base": 2, "scale": 4}, [2, 4]),
        ({"base": 10, "scale": 33, "shift": -32}, [0, 2]),
    ],
)
def test_values(make, param, expected):
    x = torch.tensor([1.0, 4.0])
    assert make("Log", (2,), log_param=param)(x).tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("param", [{}, {"base": 3, "scale": 0.7, "shift": 0.3}])
def test_gradcheck(make, param):
    x = (torch.rand(6, dtype=torch.float64) + 0.5).requires_grad_()
    assert torch.autograd.gradcheck(make("Log", (6,), log_param=param), x)


@pytest.mark.parametrize(("base", "message"), [(0, "not positive"), (-2, "not positive"), (1, "base 1")])
def test_invalid_base_is_an_error(make, base, message):
    with pytest.raises(LayerFault, match=message) as raised:
        make("Log", (3,), log_param={"base": base})
    assert raised.value.field == "log_param.base"
