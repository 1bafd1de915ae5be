from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "h" top: "x"
  dummy_data_param {
    shape { dim: 2 dim: 3 } shape { dim: 2 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 }
  }
}
layer {
  name: "a" type: "GRUUnit" bottom: "h" bottom: "x" top: "a"
  recurrent_param { num_output: 3 weight_filler { type: "gaussian" } bias_filler { type: "gaussian" } }
}
layer {
  name: "b" type: "GRUUnit" bottom: "h" bottom: "x" top: "b"
  recurrent_param { num_output: 3 reset: BEFORE weight_filler { type: "gaussian" } }
}
"""


def test_step_is_that_of_torchs_cell(make):
    layer, cell = make("GRUUnit", (2, 3), (2, 2, 2), recurrent_param={"num_output": 3}), nn.GRUCell(4, 3)
    params = (cell.weight_ih, cell.bias_ih, cell.weight_hh, cell.bias_hh)
    for blob, value in zip(layer.blobs, params, strict=True):
        blob.data.copy_(value.data)
    h, x = torch.randn(2, 3), torch.randn(2, 2, 2)
    torch.testing.assert_close(layer(h, x), cell(x.flatten(1), h))


@pytest.mark.parametrize("reset", ["AFTER", "BEFORE"])
def test_steps_are_those_of_gru(make, reset):
    fields = {"num_output": 3, "reset": reset}
    unit, whole = (
        make("GRUUnit", (2, 3), (2, 4), recurrent_param=fields),
        make("GRU", (5, 2, 4), recurrent_param=fields),
    )
    for one, other in zip(unit.blobs, whole.blobs, strict=True):
        other.data.copy_(one.data.normal_())
    h, x = torch.zeros(2, 3), torch.randn(5, 2, 4)
    for step, expected in zip(x, whole(x), strict=True):
        h = unit(h, step)
        torch.testing.assert_close(h, expected)


@pytest.mark.parametrize(
    ("bottoms", "message"),
    [([(2, 4), (2, 4)], "a state of shape"), ([(2, 3), (3, 4)], "x of shape .3, 4.")],
)
def test_faults(shapes, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes("GRUUnit", *bottoms, recurrent_param={"num_output": 3})
