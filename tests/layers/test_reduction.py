from __future__ import annotations

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
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "sum" type: "Reduction" bottom: "x" top: "sum" reduction_param { axes: 1 } }
layer { name: "mean" type: "Reduction" bottom: "x" top: "mean"
  reduction_param { operation: MEAN axes: [2, 0] keep_axes: true } }
layer { name: "max" type: "Reduction" bottom: "x" top: "max"
  reduction_param { operation: MAX axes: -2 coeff: 2 } }
layer { name: "min" type: "Reduction" bottom: "x" top: "min" reduction_param { operation: MIN axis: 1 } }
"""
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


OPERATIONS = {
    "SUM": np.sum,
    "ASUM": lambda x, axis, keepdims: np.abs(x).sum(axis, keepdims=keepdims),
    "SUMSQ": lambda x, axis, keepdims: np.square(x).sum(axis, keepdims=keepdims),
    "MEAN": np.mean,
    "MAX": np.max,
    "MIN": np.min,
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("axes", [[1], [-1, 0], [0, 1, 2, 3], [-3]])
def test_axes_as_in_numpy(make, shapes, operation, keep, axes):
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    param = f"operation: {operation} axes: {axes} keep_axes: {str(keep).lower()} coeff: 0.5"
    text = f'type: "Reduction" reduction_param {{ {param} }}'
    expected = 0.5 * OPERATIONS[operation](x, axis=tuple(axes), keepdims=keep)
    received = make(text, x.shape)(torch.from_numpy(x)).numpy()
    assert shapes(text, x.shape) == [received.shape] == [expected.shape]
    np.testing.assert_allclose(received, expected)


def test_maximum_and_minimum_of_trailing_axes(make):
    for operation, rows in (("MAX", [4.0, 3.0]), ("MIN", [-2.0, -3.0])):
        text = f'type: "Reduction" reduction_param {{ operation: {operation} axis: 1 }}'
        assert make(text, (2, 3))(X).tolist() == rows


def test_equal_maxima_share_the_gradient(make):
    x = torch.tensor([[2.0, 1, 2]], requires_grad=True)
    make('type: "Reduction" reduction_param { operation: MAX axes: 1 }', (1, 3))(x).sum().backward()
    assert x.grad.tolist() == [[0.5, 0, 0.5]]


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ("axes: 1 axis: 1", "both axis and axes are given", "axes"),
        ("axes: 1 axes: -2", "axis 1 of .* is given twice", "axes"),
        ("axes: 3", "axis 3 of a blob with 3 axes", "axes"),
        ("axis: 3 keep_axes: true", "axis 3 of a blob with 3 axes", "axis"),
    ],
)
def test_axes_that_contradict_are_refused(shapes, fields, message, field):
    with pytest.raises(LayerFault, match=message) as caught:
        shapes(f'type: "Reduction" reduction_param {{ {fields} }}', (2, 3, 4))
    assert caught.value.field == f"reduction_param.{field}"


def test_shapes(shapes):
    assert shapes('type: "Reduction" reduction_param { axis: 1 keep_axes: true }', (2, 3, 4)) == [(2, 1, 1)]
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


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "more", ["", "axis: 1", "axis: -1 coeff: -0.5", "axes: [0, 1]", "axes: 1 keep_axes: true"]
)
def test_python_source_agrees(tmp_path, operation, more):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 dim: 4 }} }} }}
    layer {{ name: "p" type: "Power" bottom: "x" top: "p" power_param {{ shift: -0.4 }} }}
    layer {{ name: "r" type: "Reduction" bottom: "p" top: "y"
      reduction_param {{ operation: {operation} {more} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") < 1e-6
