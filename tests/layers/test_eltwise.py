from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "a" top: "b" top: "c"
  dummy_data_param {
    shape { dim: 2 dim: 3 } shape { dim: 3 } shape { dim: 4 dim: 2 dim: 1 }
    data_filler { type: "uniform" min: 0.5 max: 2 }
  }
}
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" bottom: "c" top: "sum"
  eltwise_param { broadcast: true coeff: 1 coeff: -2 coeff: 1 } }
layer { name: "max" type: "Eltwise" bottom: "b" bottom: "c" top: "max"
  eltwise_param { broadcast: true operation: MAX } }
layer { name: "min" type: "Eltwise" bottom: "b" bottom: "c" top: "min"
  eltwise_param { broadcast: true operation: MIN } }
layer { name: "div" type: "Eltwise" bottom: "a" bottom: "b" bottom: "c" top: "div"
  eltwise_param { broadcast: true operation: DIV } }
"""
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
        (text("MIN"), [1.0, -2.0]),
        ('type: "Eltwise"', [15.0, 1.0]),
    ],
)
def test_operations_by_hand(make, param, expected):
    assert make(param, (2,), (2,), (2,))(A, B, C).tolist() == expected


def test_quotient_by_hand(make):
    layer = make(text("DIV"), (2,), (2,), (2,))
    assert layer(A, B, torch.tensor([0.5, 2])).tolist() == pytest.approx([0.5, -1 / 3])


OPERATIONS = {"SUM": np.add, "PROD": np.multiply, "MAX": np.maximum, "MIN": np.minimum, "DIV": np.divide}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("bottoms", [[(2, 3), (3,)], [(4, 1, 3), (2, 1), (1,)], [(), (2,)], [(2, 3), (2, 3)]])
def test_broadcast_is_that_of_numpy(make, operation, bottoms):
    random = np.random.default_rng(1)
    values = [random.uniform(0.5, 2, shape) for shape in bottoms]
    layer = make(text(operation, "broadcast: true"), *bottoms)
    expected = reduce(OPERATIONS[operation], values)
    np.testing.assert_allclose(layer(*map(torch.tensor, values)).numpy(), expected)
    assert not layer.is_sum


def test_sum_that_others_may_join_adds_whole_bottoms(make):
    assert make(text("SUM"), (2,), (2,)).is_sum
    assert not make(text("SUM", "coeff_blob: true"), (2,), (1, 2)).is_sum
    assert not make(text("MIN"), (2,), (2,)).is_sum


@pytest.mark.parametrize("operation", OPERATIONS)
def test_python_source_agrees(tmp_path, operation):
    source = f"""
    layer {{ name: "x" type: "Input" top: "a" top: "b"
      input_param {{ shape {{ dim: 2 dim: 3 }} shape {{ dim: 3 }} }} }}
    layer {{ name: "c" type: "Power" bottom: "b" top: "c" power_param {{ shift: 0.5 }} }}
    layer {{ name: "y" type: "Eltwise" bottom: "a" bottom: "c" bottom: "a" top: "y"
      eltwise_param {{ operation: {operation} broadcast: true }} }}
    """
    assert export_python(Net(parse_net(source).message, "TEST"), tmp_path / "net.py") < 1e-6


def test_gradient_of_a_product_with_zeros(make):
    for stable in ("true", "false"):
        a, b = torch.tensor([0.0, 2.0], requires_grad=True), torch.tensor([3.0, 5.0], requires_grad=True)
        layer = make(text("PROD", f"stable_prod_grad: {stable}"), (2,), (2,))
        layer(a, b).sum().backward()
        assert a.grad.tolist() == [3.0, 5.0]
        assert b.grad.tolist() == [0.0, 2.0]


def test_gradient_of_equal_maxima_goes_to_one_bottom(make):
    for operation in ("MAX", "MIN"):
        bottoms = [torch.tensor([1.0], requires_grad=True) for _ in range(3)]
        make(text(operation), (1,), (1,), (1,))(*bottoms).sum().backward()
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
    assert e.value.hint is None
    with pytest.raises(LayerFault, match="must have the same shape") as e:
        shapes('type: "Eltwise"', (2, 3), (3,))
    assert e.value.hint == "broadcast: true repeats axes"
    with pytest.raises(LayerFault, match="don't broadcast") as e:
        shapes(text("SUM", "broadcast: true"), (2, 3), (2,))
    assert e.value.bottom == 1
    with pytest.raises(LayerFault, match="a quotient takes no coefficients"):
        shapes(text("DIV", "coeff: 1 coeff: 2"), (2,), (2,))
    with pytest.raises(LayerFault, match="broadcast beside factors") as e:
        shapes(text("SUM", "coeff_blob: true broadcast: true"), (2,), (1, 2))
    assert e.value.field == "eltwise_param.broadcast"
    with pytest.raises(LayerFault, match="1 coefficients for 2 bottoms"):
        shapes(text("SUM", "coeff: 1"), (2,), (2,))
    with pytest.raises(LayerFault, match="a product takes no coefficients"):
        shapes(text("PROD", "coeff: 1 coeff: 1"), (2,), (2,))
