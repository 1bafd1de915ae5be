from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 2 dim: 2 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "L2Normalize" bottom: "x" top: "y" }
"""


def test_vectors_of_channels_have_norm_1(make):
    x = torch.tensor([[3.0, 0], [4, 0]]).view(1, 2, 1, 2)
    y = make("L2Normalize", (1, 2, 1, 2))(x)
    assert y.flatten().tolist() == pytest.approx([0.6, 0, 0.8, 0])


def test_a_bottom_without_channels_is_refused(shapes):
    with pytest.raises(LayerFault, match="expected"):
        shapes("L2Normalize", (3,))
