from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 6 dim: 2 dim: 3 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "ShuffleChannel" bottom: "x" top: "y" shuffle_channel_param { group: 3 } }
"""


def test_groups_are_interleaved(make):
    layer = make("ShuffleChannel", (1, 6), shuffle_channel_param={"group": 3})
    assert layer(torch.arange(6.0).view(1, 6)).tolist() == [[0, 2, 4, 1, 3, 5]]


def test_a_group_that_does_not_divide_is_refused(shapes):
    with pytest.raises(LayerFault, match="doesn't divide the 6 channels"):
        shapes("ShuffleChannel", (1, 6, 2, 2), shuffle_channel_param={"group": 4})
    with pytest.raises(LayerFault, match="group 0"):
        shapes("ShuffleChannel", (1, 6, 2, 2), shuffle_channel_param={"group": 0})
