from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 2 dim: 6 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer {
  name: "p" type: "Pooling" bottom: "x" top: "p" top: "mask" pooling_param { kernel_size: 2 stride: 2 }
}
layer {
  name: "l" type: "MaxUnpooling" bottom: "p" bottom: "mask" top: "y"
  pooling_param { kernel_size: 2 stride: 2 }
}
"""


def test_maxima_move_back(make):
    x = torch.tensor([[1.0, 9, 3, 4], [5, 6, 7, 8]]).view(1, 1, 2, 4)
    fields = {"kernel_size": 2, "stride": 2}
    pooled, mask = make("Pooling", (1, 1, 2, 4), top=["p", "m"], pooling_param=fields)(x)
    layer = make("MaxUnpooling", (1, 1, 1, 2), (1, 1, 1, 2), pooling_param=fields)
    assert layer(pooled, mask)[0, 0].tolist() == [[0, 9, 0, 0], [0, 0, 0, 8]]


def test_a_third_bottom_gives_the_size(shapes):
    found = shapes("MaxUnpooling", (1, 2, 3, 3), (1, 2, 3, 3), (1, 5, 6, 7), pooling_param={"kernel_size": 2})
    assert found == [(1, 2, 6, 7)]
    assert shapes(
        "MaxUnpooling", (1, 2, 3, 3), (1, 2, 3, 3), pooling_param={"kernel_size": 3, "stride": 2, "pad": 1}
    ) == [(1, 2, 5, 5)]


def test_bottoms_of_different_shapes_are_refused(shapes):
    with pytest.raises(LayerFault, match="of both"):
        shapes("MaxUnpooling", (1, 2, 3, 3), (1, 2, 3, 2), pooling_param={"kernel_size": 2})
