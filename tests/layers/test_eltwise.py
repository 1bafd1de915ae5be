from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

A, B, C = torch.tensor([1.0, -2.0]), torch.tensor([4.0, 3.0]), torch.tensor([10.0, 0.0])


def text(operation: str, more: str = "") -> str:
    return f'type: "Eltwise" eltwise_param {{ operation: {operation} {more} }}'


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        (text("SUM"), [15.0, 1.0]),
        (text("SUM", "coeff: 1 coeff: -1 coeff: 0.5"), [2.0, -5.0]),
        (text("SUM", "coeff: 2 coeff: 1 coeff: 0"), [6.0, -1.0]),
        (text("PROD"), [40.0, 0.0]),
        (text("MAX"), [10.0, 3.0]),
        ('type: "Eltwise"', [15.0, 1.0]),
    ],
)
def test_operations_by_hand(make, param, expected):
    assert make(param, (2,), (2,), (2,))(A, B, C).tolist() == expected


def test_gradient_of_a_product_with_zeros(make):
    for stable in ("true", "false"):
        a, b = torch.tensor([0.0, 2.0], requires_grad=True), torch.tensor([3.0, 5.0], requires_grad=True)
        layer = make(text("PROD", f"stable_prod_grad: {stable}"), (2,), (2,))
        layer(a, b).sum().backward()
        assert a.grad.tolist() == [3.0, 5.0]
        assert b.grad.tolist() == [0.0, 2.0]


def test_gradient_of_equal_maxima_goes_to_one_bottom(make):
    bottoms = [torch.tensor([1.0], requires_grad=True) for _ in range(3)]
    make(text("MAX"), (1,), (1,), (1,))(*bottoms).sum().backward()
    assert [x.grad.item() for x in bottoms] == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "param", [text("SUM"), text("SUM", "coeff: 0.5 coeff: -2 coeff: 1"), text("PROD"), text("MAX")]
)
def test_gradient(make, param):
    bottoms = tuple(torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(3))
    assert gradcheck(make(param, *[(2, 3)] * 3), bottoms)


def test_faults(shapes):
    assert shapes('type: "Eltwise"', (2, 3), (2, 3)) == [(2, 3)]
    with pytest.raises(LayerFault, match=r"shapes \(2, 3\) and \(2, 4\); all must have the same") as e:
        shapes('type: "Eltwise"', (2, 3), (2, 3), (2, 4))
    assert e.value.bottom == 2
    with pytest.raises(LayerFault, match="1 coefficients for 2 bottoms"):
        shapes(text("SUM", "coeff: 1"), (2,), (2,))
    with pytest.raises(LayerFault, match="a product takes no coefficients"):
        shapes(text("PROD", "coeff: 1 coeff: 1"), (2,), (2,))
