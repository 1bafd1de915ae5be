from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "a" top: "b"
  dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 3 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "Compare" bottom: "a" top: "y" compare_param { operation: GREATER value: 0.25 } }
layer { name: "two" type: "Compare" bottom: "a" bottom: "b" top: "z" compare_param { operation: LESS } }
"""
OPERATIONS = {
    "EQUAL": np.equal,
    "NOT_EQUAL": np.not_equal,
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
}
X = np.array([[0.0, 1, 2], [3, 1, np.nan]], np.float32)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations_as_in_numpy(make, operation):
    layer = make("Compare", (2, 3), compare_param={"operation": operation, "value": 1})
    assert layer(torch.from_numpy(X)).tolist() == OPERATIONS[operation](X, 1).astype(float).tolist()
    other = np.array([[1.0], [3]], np.float32)
    layer = make("Compare", (2, 3), (2, 1), compare_param={"operation": operation})
    received = layer(torch.from_numpy(X), torch.from_numpy(other))
    assert received.tolist() == OPERATIONS[operation](X, other).astype(float).tolist()
    assert received.dtype == torch.float32


def test_value_is_compared_as_the_float_that_a_blob_holds(make):
    assert make("Compare", (1,), compare_param={"value": 0.1})(torch.tensor([0.1])).tolist() == [1]


def test_value_beside_a_second_bottom_is_refused(shapes):
    with pytest.raises(LayerFault, match="both value 0 and a second bottom") as caught:
        shapes("Compare", (2,), (2,), compare_param={"value": 0})
    assert caught.value.field == "compare_param.value"
    with pytest.raises(LayerFault, match="don't broadcast"):
        shapes("Compare", (2,), (3,))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_python_source_agrees(tmp_path, operation):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 2 dim: 3 }} }} }}
    layer {{ name: "y" type: "Compare" bottom: "x" top: "y"
      compare_param {{ operation: {operation} value: 0.5 }} }}
    layer {{ name: "z" type: "Compare" bottom: "x" bottom: "y" top: "z"
      compare_param {{ operation: {operation} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") == 0
