from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ({}, [1 / math.e, 1, math.e**2]),
        ({"base": 2}, [0.5, 1, 4]),
        ({"base": 2, "scale": 3}, [0.125, 1, 64]),
        ({"base": 2, "scale": -1, "shift": 3}, [16, 8, 2]),
        ({"shift": 1}, [1, math.e, math.e**3]),
        ({"base": 1}, [1, 1, 1]),
    ],
)
def test_values(make, param, expected):
    x = torch.tensor([-1.0, 0.0, 2.0])
    assert make("Exp", (3,), exp_param=param)(x).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("param", [{}, {"base": 2, "scale": 0.7, "shift": -0.3}])
def test_gradcheck(make, param):
    x = torch.randn(6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("Exp", (6,), exp_param=param), x)


def test_large_shift_overflows_to_infinity(make):
    assert make("Exp", (1,), exp_param={"shift": 1000})(torch.zeros(1)).item() == math.inf


@pytest.mark.parametrize("base", [0, -2, math.inf, math.nan])
def test_invalid_base_is_an_error(make, base):
    with pytest.raises(LayerFault, match="is not positive") as raised:
        make("Exp", (3,), exp_param={"base": base})
    assert raised.value.field == "exp_param.base"
