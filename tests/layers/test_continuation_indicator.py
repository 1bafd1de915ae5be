from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 } } }
layer { name: "l" type: "ContinuationIndicator" bottom: "x" top: "y"
  continuation_indicator_param { time_step: 4 axis: 1 } }
layer { name: "m" type: "ContinuationIndicator" top: "z"
  continuation_indicator_param { time_step: 4 batch_size: 2 } }
"""


def test_as_many_sequences_as_the_bottom_has(make):
    layer = make("ContinuationIndicator", (8, 2, 3), continuation_indicator_param={"time_step": 3, "axis": 1})
    assert layer(torch.zeros(8, 2, 3)).tolist() == [[0, 0], [1, 1], [1, 1]]
    assert layer(torch.zeros(8, 1, 3)).tolist() == [[0], [1], [1]]


def test_batch_size_and_sequences_that_go_on(make):
    param = {"time_step": 2, "batch_size": 3}
    assert make("ContinuationIndicator", continuation_indicator_param=param)().tolist() == [[0] * 3, [1] * 3]
    layer = make("ContinuationIndicator", (3,), continuation_indicator_param=param)
    assert layer(torch.tensor([1.0, 0.0, 2.0])).tolist() == [[1, 0, 0], [1, 1, 1]]
    going = make("ContinuationIndicator", continuation_indicator_param={**param, "flag": True})
    assert going().tolist() == [[1] * 3, [1] * 3]


@pytest.mark.parametrize(
    ("bottoms", "param", "message"),
    [
        ((), {"batch_size": 2}, "time_step 0"),
        ((), {"time_step": 2}, "the number of sequences is unknown"),
        (((2, 3),), {"time_step": 2}, "the number of sequences is unknown"),
        (((2, 3),), {"time_step": 2, "batch_size": 2}, "expected 2 values"),
    ],
)
def test_mistakes(shapes, bottoms, param, message):
    with pytest.raises(LayerFault, match=message):
        shapes("ContinuationIndicator", *bottoms, continuation_indicator_param=param)
