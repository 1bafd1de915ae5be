from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 2 dim: 2 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "SpatialDropout" bottom: "x" top: "y" spatial_dropout_param { dropout_ratio: 0.25 } }
"""


def test_whole_channels_are_dropped_and_the_others_scaled(make):
    y = make("SpatialDropout", (50, 20, 2, 3), spatial_dropout_param={"dropout_ratio": 0.2})(
        torch.ones(50, 20, 2, 3)
    )
    channels = y.flatten(2)
    assert torch.equal(channels.amin(2), channels.amax(2))
    assert set(channels.unique().tolist()) == {0, 1.25}
    assert y.mean().item() == pytest.approx(1, abs=0.06)


def test_test_passes_the_bottom(make):
    x = torch.ones(2, 3, 2, 2)
    assert torch.equal(make("SpatialDropout", (2, 3, 2, 2), phase=TEST)(x), x)


def test_a_ratio_of_1_is_refused(shapes):
    with pytest.raises(LayerFault, match="not in"):
        shapes("SpatialDropout", (2, 3), spatial_dropout_param={"dropout_ratio": 1})
