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
layer { name: "plain" type: "LayerNorm" bottom: "x" top: "a" layer_norm_param { scale_bias: false } }
layer {
  name: "filled" type: "LayerNorm" bottom: "x" top: "b"
  layer_norm_param {
    axis: 1 eps: 0.1 scale_filler { type: "uniform" min: 0.5 max: 2 } bias_filler { type: "gaussian" }
  }
}
"""


def test_last_axis_is_normalised_without_settings(make):
    layer = make("LayerNorm", (1, 2, 2), layer_norm_param={"eps": 0})
    layer.fill_params(0)
    assert layer(torch.tensor([[[1.0, 3], [10, 30]]])).tolist() == [[[-1, 1], [-1, 1]]]
    assert [tuple(blob.shape) for blob in layer.blobs] == [(2,), (2,)]


def test_axis_is_the_first_of_those_normalised_together(make):
    layer = make("LayerNorm", (2, 3, 4), layer_norm_param={"axis": -2, "eps": 0.5})
    layer.weight.data.copy_(torch.arange(12).reshape(3, 4))
    layer.bias.data.fill_(2)
    x = np.random.default_rng(0).normal(3, 2, (2, 3, 4)).astype(np.float32)
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 0.5) * np.arange(12).reshape(3, 4) + 2
    np.testing.assert_allclose(layer(torch.tensor(x)).detach(), expected, rtol=1e-4, atol=1e-5)


def test_any_number_of_steps_runs(make):
    layer = make("LayerNorm", (2, 3, 4))
    layer.fill_params(0)
    x = torch.randn(5, 7, 4)
    torch.testing.assert_close(layer(x)[2, 6], layer(x[2:3, 6:])[0, 0])


def test_hessian_by_torch_func_is_autograds(make):
    layer = make("LayerNorm", (2, 3)).double()
    x, weight = torch.randn(2, 3, dtype=torch.float64), torch.rand(3, dtype=torch.float64)

    def total(x, weight):
        return torch.func.functional_call(layer, {"weight": weight}, x).sin().sum()

    expected = torch.autograd.functional.hessian(total, (x, weight))
    found = torch.func.jacrev(torch.func.jacrev(total, (0, 1)), (0, 1))(x, weight)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [("axis: 3", "axis 3 of a blob with 3 axes"), ("eps: -1", "eps -1 is below 0")],
)
def test_faults(shapes, text, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "LayerNorm" layer_norm_param {{ {text} }}', (2, 3, 4))
