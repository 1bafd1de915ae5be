from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 2 dim: 2 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "EltwiseAffine" bottom: "x" top: "y" }
"""


def test_channels_are_scaled_and_shifted(make):
    layer = make("EltwiseAffine", (1, 2, 1, 2))
    layer.slope.data = torch.tensor([2.0, 3])
    layer.bias.data = torch.tensor([0.0, 1])
    assert layer(torch.ones(1, 2, 1, 2)).flatten().tolist() == [2, 2, 4, 4]


def test_initial_values_are_those_of_the_fork(make):
    layer = make("EltwiseAffine", (1, 2), eltwise_affine_param={"channel_shared": True})
    layer.fill_params(1)
    assert layer.slope.shape == ()
    assert layer(torch.ones(1, 2)).flatten().tolist() == pytest.approx([1.0002, 1.0002])


def test_a_bottom_without_channels_is_refused(shapes):
    with pytest.raises(LayerFault, match="expected"):
        shapes("EltwiseAffine", (3,))
