from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 3 dim: 4 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "plain" type: "RMSNorm" bottom: "x" top: "a" rms_norm_param { scale: false } }
layer {
  name: "filled" type: "RMSNorm" bottom: "x" top: "b"
  rms_norm_param { axis: 1 eps: 0.1 scale_filler { type: "uniform" min: 0.5 max: 2 } }
}
"""


def test_values_are_divided_by_their_root_mean_square(make):
    layer = make("RMSNorm", (1, 2), rms_norm_param={"eps": 0})
    layer.fill_params(0)
    assert layer(torch.tensor([[1.0, 7]])).tolist() == [pytest.approx([0.2, 1.4])]


def test_eps_is_added_to_the_mean_square_and_weights_multiply(make):
    layer = make("RMSNorm", (2, 3, 4), rms_norm_param={"axis": 1, "eps": 0.5})
    layer.weight.data.copy_(torch.arange(12).reshape(3, 4))
    x = np.random.default_rng(0).normal(3, 2, (2, 3, 4)).astype(np.float32)
    expected = x / np.sqrt((x**2).mean((1, 2), keepdims=True) + 0.5) * np.arange(12).reshape(3, 4)
    np.testing.assert_allclose(layer(torch.tensor(x)).detach(), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [("axis: -4", "axis -4 of a blob with 3 axes"), ("eps: -1", "eps -1 is below 0")],
)
def test_faults(shapes, text, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "RMSNorm" rms_norm_param {{ {text} }}', (2, 3, 4))
