from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 5 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer {
  name: "l" type: "ConvolutionDepthwise" bottom: "x" top: "y"
  convolution_param { num_output: 3 kernel_size: 3 stride: 2 pad: 1 weight_filler { type: "xavier" } }
}
"""


def test_each_channel_has_its_filter_whatever_the_group(make):
    layer = make(
        "ConvolutionDepthwise", (1, 2, 1, 2), convolution_param={"num_output": 7, "kernel_size": [1]}
    )
    assert layer.weight.shape == (2, 1, 1, 1)
    layer.weight.data = torch.tensor([2.0, 3]).view(2, 1, 1, 1)
    layer.bias.data = torch.tensor([0.0, 1])
    assert layer(torch.ones(1, 2, 1, 2)).flatten().tolist() == [2, 2, 4, 4]


def test_a_bottom_without_channels_is_refused(make):
    with pytest.raises(LayerFault, match="expected"):
        make("ConvolutionDepthwise", (3,), convolution_param={"kernel_size": [1]})
