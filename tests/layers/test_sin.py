from __future__ import annotations

from math import sin

import pytest
import torch

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -2 max: 2 } }
}
layer { name: "l" type: "Sin" bottom: "x" top: "y" }
"""


def test_values_by_hand(make):
    expected = [sin(v) for v in (-3, 0, 1, 200)]
    assert make("Sin", (4,))(torch.tensor([-3.0, 0, 1, 200])).tolist() == pytest.approx(expected, abs=1e-6)


def test_gradient_is_the_derivative(make):
    x = torch.tensor([0.3, 2.0], requires_grad=True)
    (2 * make("Sin", (2,))(x)).sum().backward()
    expected = 2 * x.cos()
    torch.testing.assert_close(x.grad, expected.detach())
