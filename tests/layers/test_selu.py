from __future__ import annotations

import math

import pytest
import torch

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "SELU" bottom: "x" top: "y" }
"""


def test_values_of_the_paper(make):
    x = torch.tensor([-1.0, 0, 2])
    expected = [1.0507010 * 1.6732632 * (math.exp(-1) - 1), 0, 2.101402]
    assert make("SELU", (3,))(x).tolist() == pytest.approx(expected)
    assert make("SELU", (3,))(x).tolist() == pytest.approx(torch.selu(x).tolist())


def test_alpha_and_lambda(make):
    x = torch.tensor([-1.0, 2])
    y = make("SELU", (2,), selu_param={"alpha": 2, "lambda": 3})(x)
    assert y.tolist() == pytest.approx([6 * (math.exp(-1) - 1), 6])
