from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "Insanity" bottom: "x" top: "y" }
"""


def test_the_divisor_is_the_logarithmic_mean_in_test(make):
    x = torch.tensor([-1.0, 2])
    assert make("Insanity", (2,), phase=TEST)(x).tolist() == pytest.approx([-math.log(2) / 5, 2])


def test_divisors_lie_between_the_bounds_in_train(make):
    divisors = -1 / make("Insanity", (2, 500))(-torch.ones(2, 500))
    assert divisors.min() >= 5
    assert divisors.max() <= 10
    assert divisors.mean().item() == pytest.approx(7.5, abs=0.3)


def test_bounds_must_be_above_0(shapes):
    with pytest.raises(LayerFault, match="expected 0 < lb <= ub"):
        shapes("Insanity", (2,), insanity_param={"lb": 0})
