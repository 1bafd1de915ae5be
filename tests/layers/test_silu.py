from __future__ import annotations

from math import exp

import pytest
import torch

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -2 max: 2 } }
}
layer { name: "l" type: "SiLU" bottom: "x" top: "y" }
"""


def test_values_by_hand(make):
    expected = [v / (1 + exp(-v)) for v in (-3, 0, 1, 30)]
    assert make("SiLU", (4,))(torch.tensor([-3.0, 0, 1, 30])).tolist() == pytest.approx(expected)


def test_top_is_that_of_swish(make):
    x = torch.linspace(-4, 4, 9)
    assert torch.equal(make("SiLU", (9,))(x), make("Swish", (9,))(x))
