from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "in" type: "Input" top: "c" top: "x" top: "cont"
  input_param { shape { dim: 1 dim: 2 dim: 3 } shape { dim: 1 dim: 2 dim: 12 } shape { dim: 1 dim: 2 } }
}
layer { name: "l" type: "LSTMUnit" bottom: "c" bottom: "x" bottom: "cont" top: "c1" top: "h1" }
"""


def test_values_by_hand(make):
    layer = make("LSTMUnit", (1, 2, 1), (1, 2, 4), (1, 2))
    log3 = math.log(3)  # sigmoid(log 3) = 3/4
    gates = torch.tensor([[[log3, 0, -log3, math.log(2)], [log3, 0, -log3, math.log(2)]]])
    c, h = layer(torch.full((1, 2, 1), 2.0), gates, torch.tensor([[1.0, 0.0]]))
    assert c.flatten().tolist() == pytest.approx([0.5 * 2 + 0.75 * 0.6, 0.75 * 0.6])
    assert h.flatten().tolist() == pytest.approx([0.25 * math.tanh(1.45), 0.25 * math.tanh(0.45)])


def test_gates_are_contiguous_blocks(make):
    layer = make("LSTMUnit", (1, 1, 2), (1, 1, 8), (1, 1))
    gates = torch.zeros(1, 1, 8)
    gates[..., 7] = 1000  # the second candidate
    c, _ = layer(torch.zeros(1, 1, 2), gates, torch.ones(1, 1))
    assert c.flatten().tolist() == [0, 0.5]


def test_cont_gets_no_gradient(make):
    layer = make("LSTMUnit", (1, 1, 1), (1, 1, 4), (1, 1))
    c, cont = torch.ones(1, 1, 1, requires_grad=True), torch.ones(1, 1, requires_grad=True)
    layer(c, torch.zeros(1, 1, 4), cont)[0].sum().backward()
    assert c.grad.item() == 0.5
    assert cont.grad is None


def test_gradcheck(make):
    layer = make("LSTMUnit", (1, 3, 2), (1, 3, 8), (1, 3))
    c = torch.randn(1, 3, 2, dtype=torch.float64, requires_grad=True)
    gates = torch.randn(1, 3, 8, dtype=torch.float64, requires_grad=True)
    cont = torch.tensor([[1.0, 0.0, 1.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda c, gates: layer(c, gates, cont), (c, gates))


@pytest.mark.parametrize(
    "shapes",
    [[(2, 3, 2), (2, 3, 8), (2, 3)], [(3, 2), (3, 8), (3,)], [(1, 3, 2), (1, 3, 6), (1, 3)]],
)
def test_faults(make, shapes):
    with pytest.raises(LayerFault, match="expected"):
        make("LSTMUnit", *shapes)
