from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 2 dim: 4 dim: 3 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer {
  name: "l" type: "Local" bottom: "x" top: "y"
  local_param { num_output: 2 kernel_size: 2 pad: 1 stride: 2 weight_filler { type: "gaussian" } }
}
"""


def test_each_position_has_its_filter(make):
    layer = make("Local", (1, 1, 1, 3), local_param={"num_output": 2, "kernel_size": 1})
    assert layer.weight.shape == (2, 1, 1, 3)
    layer.weight.data = torch.arange(1.0, 7).view(2, 1, 1, 3)
    layer.bias.data = torch.tensor([0.0, 0, 0, 1, 1, 1]).view(1, 1, 2, 3)
    assert layer(torch.tensor([1.0, 10, 100]).view(1, 1, 1, 3)).flatten().tolist() == [1, 20, 300, 5, 51, 601]


def test_shapes(shapes):
    assert shapes(
        "Local", (2, 3, 7, 6), local_param={"num_output": 4, "kernel_size": 3, "pad": 1, "stride": 2}
    ) == [(2, 4, 4, 3)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kernel_size": 1}, "num_output must be at least 1"),
        ({"num_output": 1}, "kernel_size must be at least 1"),
        ({"num_output": 1, "kernel_size": 5}, "doesn't fit"),
    ],
)
def test_faults(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes("Local", (2, 3, 4, 6), local_param=fields)
