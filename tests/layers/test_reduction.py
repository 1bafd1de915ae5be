from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

X = torch.tensor([[1.0, -2.0, 4.0], [0.0, 3.0, -3.0]])


@pytest.mark.parametrize(
    ("operation", "rows", "total"),
    [
        ("SUM", [3.0, 0.0], 3.0),
        ("ASUM", [7.0, 6.0], 13.0),
        ("SUMSQ", [21.0, 18.0], 39.0),
        ("MEAN", [1.0, 0.0], 0.5),
    ],
)
def test_operations_by_hand(make, operation, rows, total):
    text = f'type: "Reduction" reduction_param {{ operation: {operation} '
    assert make(text + "axis: 1 }", (2, 3))(X).tolist() == rows
    assert make(text + "axis: -1 coeff: -2 }", (2, 3))(X).tolist() == [-2 * row for row in rows]
    whole = make(text + "}", (2, 3))(X)
    assert whole.shape == ()
    assert whole.item() == total


def test_shapes(shapes):
    assert shapes('type: "Reduction"', (2, 3, 4)) == [()]
    assert shapes('type: "Reduction" reduction_param { axis: -2 }', (2, 3, 4)) == [(2,)]


@pytest.mark.parametrize("operation", ["SUM", "ASUM", "SUMSQ", "MEAN"])
def test_gradient(make, operation):
    x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    text = f'type: "Reduction" reduction_param {{ operation: {operation} axis: 1 coeff: 0.5 }}'
    assert gradcheck(make(text, (2, 3, 2)), (x,))


def test_asum_gradient_at_zero_is_zero(make):
    x = torch.tensor([0.0, -2.0], requires_grad=True)
    make('type: "Reduction" reduction_param { operation: ASUM }', (2,))(x).backward()
    assert x.grad.tolist() == [0.0, -1.0]


@pytest.mark.parametrize("operation", ["SUM", "ASUM", "SUMSQ", "MEAN"])
@pytest.mark.parametrize("more", ["", "axis: 1", "axis: -1 coeff: -0.5"])
def test_python_source_agrees(tmp_path, operation, more):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 dim: 4 }} }} }}
    layer {{ name: "p" type: "Power" bottom: "x" top: "p" power_param {{ shift: -0.4 }} }}
    layer {{ name: "r" type: "Reduction" bottom: "p" top: "y"
      reduction_param {{ operation: {operation} {more} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") < 1e-6
