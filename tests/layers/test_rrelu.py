from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "RReLU" bottom: "x" top: "y" }
"""


def test_the_divisor_is_the_mean_in_test(make):
    x = torch.tensor([-11.0, 0, 2])
    assert make("RReLU", (3,), phase=TEST)(x).tolist() == pytest.approx([-2, 0, 2])


def test_divisors_lie_between_the_bounds_in_train(make):
    layer = make("RReLU", (2, 500), rrelu_param={"negative_slope_lower": 2, "negative_slope_upper": 4})
    divisors = -1 / layer(-torch.ones(2, 500))
    assert divisors.min() >= 2
    assert divisors.max() <= 4
    assert divisors.mean().item() == pytest.approx(3, abs=0.1)
    assert layer(torch.ones(2, 500)).eq(1).all()


def test_bounds_must_be_above_0(shapes):
    with pytest.raises(LayerFault, match="expected 0 < negative_slope_lower"):
        shapes("RReLU", (2,), rrelu_param={"negative_slope_lower": 5, "negative_slope_upper": 4})
