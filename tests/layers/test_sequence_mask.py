from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x" top: "l"
  dummy_data_param {
    shape { dim: 2 dim: 5 dim: 3 } shape { dim: 2 } data_filler { type: "constant" value: 2 }
  }
}
layer { name: "a" type: "SequenceMask" bottom: "x" bottom: "l" top: "a" }
"""


def test_steps_before_the_length_are_1(make):
    layer = make("SequenceMask", (3, 2), (3,))
    assert layer(torch.zeros(3, 2), torch.tensor([0.0, 1, 2])).tolist() == [[0, 0], [1, 0], [1, 1]]


def test_time_first(make):
    layer = make("SequenceMask", (2, 3, 4), (3,), sequence_mask_param={"time_first": True})
    assert layer(torch.zeros(2, 3, 4), torch.tensor([0, 1, 2])).tolist() == [[0, 1, 1], [0, 0, 1]]


@pytest.mark.parametrize(
    ("bottoms", "message"),
    [([(3,), (3,)], "expected .N, T"), ([(3, 2), (2,)], r"lengths of shape \(2,\); expected \(3,\)")],
)
def test_faults(shapes, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes("SequenceMask", *bottoms)
