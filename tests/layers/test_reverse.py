from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "Reverse" bottom: "x" top: "y" reverse_param { axis: 1 } }
"""


def test_the_first_axis_is_reversed_by_default(make):
    x = torch.tensor([[1.0, 2], [3, 4]])
    assert make("Reverse", (2, 2))(x).tolist() == [[3, 4], [1, 2]]


def test_axes_are_reversed(make):
    x = torch.tensor([[1.0, 2], [3, 4]])
    assert make("Reverse", (2, 2), reverse_param={"axis": [-1]})(x).tolist() == [[2, 1], [4, 3]]
    assert make("Reverse", (2, 2), reverse_param={"axis": [0, 1]})(x).tolist() == [[4, 3], [2, 1]]


def test_an_axis_that_is_not_there_is_refused(shapes):
    with pytest.raises(LayerFault, match="axis 2 of a blob with 2 axes"):
        shapes("Reverse", (2, 2), reverse_param={"axis": [2]})
