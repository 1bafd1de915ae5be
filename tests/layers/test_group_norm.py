from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 4 dim: 3 dim: 2 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "GroupNorm" bottom: "x" top: "y" group_norm_param { group_num: 2 } }
"""


def test_each_group_of_a_sample_is_normalised(make):
    layer = make("GroupNorm", (1, 4), group_norm_param={"group_num": 2, "eps": 0})
    assert layer(torch.tensor([[1.0, 3, 10, 30]])).tolist() == [[-1, 1, -1, 1]]


def test_eps_is_added_to_the_variance(make):
    layer = make("GroupNorm", (1, 2), group_norm_param={"group_num": 1, "eps": 3})
    assert layer(torch.tensor([[1.0, 3]])).tolist() == [[-0.5, 0.5]]


def test_groups_must_divide_the_channels(shapes):
    with pytest.raises(LayerFault, match="group_num 32 doesn't divide the 4 channels"):
        shapes("GroupNorm", (1, 4, 2, 2))
