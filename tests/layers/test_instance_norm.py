from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 4 dim: 2 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "plain" type: "InstanceNorm" bottom: "x" top: "a" }
layer {
  name: "filled" type: "InstanceNorm" bottom: "x" top: "b"
  instance_norm_param {
    eps: 0.1 scale_bias: true
    scale_filler { type: "uniform" min: 0.5 max: 2 } bias_filler { type: "gaussian" }
  }
}
"""


def test_each_channel_of_each_sample_is_normalised(make):
    layer = make("InstanceNorm", (2, 1, 2), instance_norm_param={"eps": 0})
    assert layer(torch.tensor([[[1.0, 3]], [[10, 30]]])).tolist() == [[[-1, 1]], [[-1, 1]]]


def test_channels_are_scaled_and_shifted(make):
    layer = make("InstanceNorm", (2, 3, 4), instance_norm_param={"eps": 0.5, "scale_bias": True})
    layer.weight.data.copy_(torch.tensor([1.0, 2, 3]))
    layer.bias.data.copy_(torch.tensor([4.0, 5, 6]))
    x = np.random.default_rng(0).normal(3, 2, (2, 3, 4)).astype(np.float32)
    centred = (x - x.mean(2, keepdims=True)) / np.sqrt(x.var(2, keepdims=True) + 0.5)
    expected = centred * np.array([[1], [2], [3]]) + np.array([[4], [5], [6]])
    np.testing.assert_allclose(layer(torch.tensor(x)).detach(), expected, rtol=1e-4, atol=1e-5)


def test_channel_of_one_position_becomes_its_offset(make):
    layer = make("InstanceNorm", (2, 3, 1), instance_norm_param={"scale_bias": True})
    layer.fill_params(0)
    layer.bias.data.copy_(torch.tensor([4.0, 5, 6]))
    expected = torch.tensor([[4.0], [5], [6]]).expand(2, 3, 1)
    torch.testing.assert_close(layer(torch.randn(2, 3, 1)), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [("", (2, 3), "expected .N, C, ...."), ("eps: -1", (2, 3, 4), "eps -1 is below 0")],
)
def test_faults(shapes, text, shape, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "InstanceNorm" instance_norm_param {{ {text} }}', shape)
