from __future__ import annotations

import pytest
import torch


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ({}, [-1, 0, 2]),
        ({"scale": 3, "shift": -2}, [-5, -2, 4]),
        ({"power": 2}, [1, 0, 4]),
        ({"power": 3, "scale": 2, "shift": 1}, [-1, 1, 125]),
        ({"power": -1, "shift": 2}, [1, 0.5, 0.25]),
        ({"power": 0, "scale": 5, "shift": 7}, [1, 1, 1]),
        ({"power": 2, "scale": 0, "shift": 3}, [9, 9, 9]),
        ({"power": 0, "scale": 0, "shift": 0}, [1, 1, 1]),
    ],
)
def test_values(make, param, expected):
    x = torch.tensor([-1.0, 0.0, 2.0])
    assert make("Power", (3,), power_param=param)(x).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("param", [{"power": 0, "shift": 2}, {"scale": 0, "shift": 2}])
def test_constant_top_has_no_gradient(make, param):
    x = torch.tensor([1.0, torch.inf], requires_grad=True)
    y = make("Power", (2,), power_param=param)(x)
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_gradient_at_zero_by_hand(make):
    x = torch.zeros(1, requires_grad=True)
    make("Power", (1,), power_param={"power": 3})(x).backward()
    assert x.grad.item() == 0  # Caffe divides by x here


@pytest.mark.parametrize("power", [0, 0.37, 1, 2, 3, -1.5])
def test_gradcheck(make, power):
    x = (torch.rand(6, dtype=torch.float64) + 0.5).requires_grad_()
    layer = make("Power", (6,), power_param={"power": power, "scale": 0.8, "shift": 0.4})
    assert torch.autograd.gradcheck(layer, x)


def test_constant_is_computed_for_a_net_without_storage():
    from layerzoo.layer import LAYERS
    from layerzoo.schema import LayerParameter

    param = LayerParameter(type="Power")
    param.power_param.power, param.power_param.shift = 0, 3
    with torch.device("meta"):
        assert LAYERS["Power"](param).constant == 1
