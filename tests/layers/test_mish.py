from __future__ import annotations

import math

import pytest
import torch

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "Mish" bottom: "x" top: "y" }
"""


def test_values(make):
    x = torch.tensor([-2.0, 0, 1, 50])
    expected = [v * math.tanh(math.log1p(math.exp(v))) for v in (-2, 0, 1, 50)]
    assert make("Mish", (4,))(x).tolist() == pytest.approx(expected)
