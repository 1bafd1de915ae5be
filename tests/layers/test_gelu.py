from __future__ import annotations

from math import erf, pi, sqrt, tanh

import pytest
import torch

from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -2 max: 2 } }
}
layer { name: "l" type: "GELU" bottom: "x" top: "y" }
layer { name: "t" type: "GELU" bottom: "x" top: "t" gelu_param { approximate: TANH } }
"""
X = [-3.0, -1, 0, 0.5, 2, 40]


def test_exact_values_by_hand(make):
    expected = [x * (1 + erf(x / sqrt(2))) / 2 for x in X]
    assert make("GELU", (6,)).double()(torch.tensor(X).double()).tolist() == pytest.approx(expected)


def test_approximation_by_hand(make):
    expected = [x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2 for x in X]
    layer = make("GELU", (6,), gelu_param={"approximate": "TANH"}).double()
    assert layer(torch.tensor(X).double()).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("approximate", ["NONE", "TANH"])
def test_python_source_agrees(tmp_path, approximate):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
    layer {{ name: "y" type: "GELU" bottom: "x" top: "y" gelu_param {{ approximate: {approximate} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") < 1e-6
