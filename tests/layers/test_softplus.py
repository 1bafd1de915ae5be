from __future__ import annotations

from math import exp, log1p

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -2 max: 2 } }
}
layer { name: "l" type: "Softplus" bottom: "x" top: "y" }
layer { name: "t" type: "Softplus" bottom: "x" top: "t" softplus_param { beta: 3 threshold: 5 } }
"""


@pytest.mark.parametrize("beta", [1.0, 2.5])
def test_values_by_hand(make, beta):
    x = [-2.0, 0, 1, 5]
    layer = make("Softplus", (4,), softplus_param={"beta": beta}).double()
    expected = [log1p(exp(beta * v)) / beta for v in x]
    assert layer(torch.tensor(x).double()).tolist() == pytest.approx(expected)


def test_linear_above_the_threshold(make):
    layer = make("Softplus", (2,), softplus_param={"beta": 2, "threshold": 3})
    below, above = layer(torch.tensor([1.5, 1.51])).tolist()
    assert below == pytest.approx(log1p(exp(3)) / 2)
    assert above == pytest.approx(1.51)


def test_top_is_that_of_bnll(make):
    x = torch.linspace(-15, 15, 31)
    assert make("Softplus", (31,))(x).tolist() == pytest.approx(make("BNLL", (31,))(x).tolist())


@pytest.mark.parametrize("fields", [{"beta": 0}, {"beta": -1}, {"threshold": 0}, {"threshold": float("nan")}])
def test_numbers_that_bend_nothing_are_refused(shapes, fields):
    with pytest.raises(LayerFault, match="expected a number above 0") as caught:
        shapes("Softplus", (2,), softplus_param=fields)
    assert caught.value.field == f"softplus_param.{next(iter(fields))}"
