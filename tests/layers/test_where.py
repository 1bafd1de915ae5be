from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "c" top: "a" top: "b"
  dummy_data_param {
    shape { dim: 2 dim: 1 } shape { dim: 2 dim: 3 } shape { dim: 3 }
    data_filler { type: "values" values: 0 values: 1 }
    data_filler { type: "uniform" min: -1 max: 1 } data_filler { type: "uniform" min: -1 max: 1 }
  }
}
layer { name: "l" type: "Where" bottom: "c" bottom: "a" bottom: "b" top: "y" }
"""


def test_values_and_gradients_by_hand(make):
    condition = torch.tensor([0.0, -2, 0.5])
    a, b = torch.tensor([1.0, 2, 3], requires_grad=True), torch.tensor([[10.0], [20]], requires_grad=True)
    top = make("Where", (3,), (3,), (2, 1))(condition, a, b)
    assert top.tolist() == [[10, 2, 3], [20, 2, 3]]
    top.sum().backward()
    assert a.grad.tolist() == [0, 2, 2]
    assert b.grad.tolist() == [[1], [1]]


def test_values_that_are_not_chosen_give_no_gradient(make):
    x = torch.tensor([0.0, 4], requires_grad=True)
    make("Where", (2,), (2,), (2,))((x > 0).float(), x.sqrt(), x).sum().backward()
    assert x.grad[1] == 0.25


def test_shapes_that_do_not_broadcast_are_refused(shapes):
    assert shapes("Where", (4, 1), (3,), ()) == [(4, 3)]
    with pytest.raises(LayerFault, match=r"axes \(2,\) don't broadcast to \(4, 3\)") as caught:
        shapes("Where", (4, 1), (3,), (2,))
    assert caught.value.bottom == 2


def test_python_source_agrees(tmp_path):
    text = """
    layer { name: "x" type: "Input" top: "a" top: "b" input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "c" type: "Compare" bottom: "a" bottom: "b" top: "c" compare_param { operation: LESS } }
    layer { name: "y" type: "Where" bottom: "c" bottom: "a" bottom: "b" top: "y" }
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") < 1e-6
