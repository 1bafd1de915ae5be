from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "a" top: "b" top: "c"
  dummy_data_param {
    shape { dim: 2 dim: 3 dim: 3 } shape { dim: 2 dim: 3 dim: 4 } shape { dim: 1 dim: 2 dim: 4 dim: 3 }
    data_filler { type: "uniform" min: -1 max: 1 }
  }
}
layer { name: "l" type: "MatMul" bottom: "a" bottom: "b" top: "ab" }
layer {
  name: "same" type: "MatMul" bottom: "a" bottom: "a" top: "aat" matmul_param { transpose_b: true coeff: 0.5 }
}
layer {
  name: "both" type: "MatMul" bottom: "b" bottom: "c" top: "bc"
  matmul_param { transpose_a: true transpose_b: true }
}
"""


def test_product_by_hand(make):
    a, b = torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[5.0], [6]])
    assert make("MatMul", (2, 2), (2, 1))(a, b).tolist() == [[17], [39]]
    turned = make("MatMul", (2, 2), (2, 1), matmul_param={"transpose_a": True, "coeff": -0.5})
    assert turned(a, b).tolist() == [[-11.5], [-17]]


@pytest.mark.parametrize("turn_a", [False, True])
@pytest.mark.parametrize("turn_b", [False, True])
@pytest.mark.parametrize("batches", [((2,), (2,)), ((5, 1), (4,)), ((), (3, 2)), ((1, 3), (2, 1))])
def test_batch_axes_broadcast_as_in_numpy(make, shapes, turn_a, turn_b, batches):
    a = np.random.default_rng(1).normal(size=(*batches[0], *((3, 4) if turn_a else (4, 3))))
    b = np.random.default_rng(2).normal(size=(*batches[1], *((5, 3) if turn_b else (3, 5))))
    expected = np.einsum(
        "...ij,...jk->...ik", a.swapaxes(-1, -2) if turn_a else a, b.swapaxes(-1, -2) if turn_b else b
    )
    layer = make("MatMul", a.shape, b.shape, matmul_param={"transpose_a": turn_a, "transpose_b": turn_b})
    received = layer(torch.from_numpy(a), torch.from_numpy(b))
    np.testing.assert_allclose(received.numpy(), expected, atol=1e-12)


def test_multiply_adds_are_those_of_all_products():
    kind, param = LAYERS["MatMul"], LayerParameter(type="MatMul")
    bottoms = [(2, 1, 3, 4), (5, 4, 7)]
    assert kind.macs(param, bottoms, kind.top_shapes(param, bottoms)) == 2 * 5 * 3 * 4 * 7
    param.matmul_param.transpose_a = True
    bottoms = [(4, 3), (4, 7)]
    assert kind.macs(param, bottoms, kind.top_shapes(param, bottoms)) == 3 * 4 * 7


@pytest.mark.parametrize(
    ("bottoms", "message", "bottom"),
    [
        (((2, 3), (4, 5)), "2 x 3 and 4 x 5", 1),
        (((3,), (3, 5)), "expected at least 2 axes", 0),
        (((2, 3), (3,)), "expected at least 2 axes", 1),
        (((2, 2, 3), (4, 3, 5)), r"batch axes \(4,\) don't broadcast to \(2,\)", 1),
    ],
)
def test_shapes_without_a_product_are_refused(shapes, bottoms, message, bottom):
    with pytest.raises(LayerFault, match=message) as caught:
        shapes("MatMul", *bottoms)
    assert caught.value.bottom == bottom


@pytest.mark.parametrize("fields", ["", "transpose_b: true coeff: 0.25", "transpose_a: true"])
def test_python_source_agrees(tmp_path, fields):
    text = f"""
    layer {{ name: "x" type: "Input" top: "a" top: "b" input_param {{ shape {{ dim: 2 dim: 3 dim: 3 }} }} }}
    layer {{ name: "y" type: "MatMul" bottom: "a" bottom: "b" top: "y" matmul_param {{ {fields} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") < 1e-6
