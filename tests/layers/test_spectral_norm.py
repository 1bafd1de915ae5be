from __future__ import annotations

import pytest
import torch
from torch.nn.utils.parametrizations import spectral_norm

from layerzoo.errors import LayerFault
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import TEST

EXAMPLE = """
layer { name: "w" type: "Input" top: "w" input_param { shape { dim: 3 dim: 2 dim: 2 } } }
layer { name: "a" type: "SpectralNorm" bottom: "w" top: "a" }
layer { name: "b" type: "SpectralNorm" bottom: "w" top: "b" spectral_norm_param { axis: 1 iterations: 3 } }
"""


def started(make, text, shape, **fields):
    layer = make(f'type: "SpectralNorm" {text}', shape, **fields)
    layer.fill_params(1)
    return layer


def largest(weight, axis=0):
    return torch.linalg.matrix_norm(weight.movedim(axis, 0).flatten(1), 2)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_top_is_the_weight_over_its_largest_singular_value(make, axis):
    weight = torch.randn(4, 3, 5)
    layer = started(make, f"spectral_norm_param {{ axis: {axis} iterations: 100 }}", (4, 3, 5))
    torch.testing.assert_close(layer(weight), weight / largest(weight, axis), rtol=1e-4, atol=1e-5)


def test_train_goes_on_with_the_vector_of_the_pass_before(make):
    weight = torch.randn(6, 5)
    layer = started(make, "", (6, 5))
    first = layer(weight)
    assert largest(first) > 1.001
    for _ in range(100):
        last = layer(weight)
    assert largest(last).item() == pytest.approx(1, abs=1e-4)
    layer.eval()
    before = layer.u.clone()
    assert largest(layer(weight)).item() == pytest.approx(1, abs=1e-4)
    assert torch.equal(layer.u, before)


def test_pass_and_gradient_agree_with_torch(make):
    module = spectral_norm(torch.nn.Linear(5, 6, bias=False))
    weight = module.parametrizations.weight.original
    layer = started(make, "", (6, 5))
    layer.u.data.copy_(module.parametrizations.weight[0]._u)
    own = weight.detach().clone().requires_grad_()
    above = torch.randn(6, 5)
    (module.weight * above).sum().backward()
    value = layer(own)
    (value * above).sum().backward()
    torch.testing.assert_close(own.grad, weight.grad)
    torch.testing.assert_close(layer.u.detach(), module.parametrizations.weight[0]._u)


def test_weight_of_zeros_stays_zero(make):
    assert not started(make, "", (3, 2))(torch.zeros(3, 2)).any()
    assert not started(make, "", (3, 2), phase=TEST)(torch.zeros(3, 2)).any()


def test_wrong_settings_are_faults(shapes):
    with pytest.raises(LayerFault, match="2 axes or more"):
        shapes("SpectralNorm", (3,))
    for text, field in (
        ("iterations: 0", "iterations"),
        ("iterations: 1001", "iterations"),
        ("eps: 0", "eps"),
        ("axis: 2", "axis"),
    ):
        with pytest.raises(LayerFault) as caught:
            shapes(f'type: "SpectralNorm" spectral_norm_param {{ {text} }}', (3, 2))
        assert caught.value.field == f"spectral_norm_param.{field}"


NORMED = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 4 } } }
layer { name: "w" type: "Parameter" top: "w"
        parameter_param { shape { dim: 5 dim: 4 } filler { type: "gaussian" } } }
layer { name: "sn" type: "SpectralNorm" bottom: "w" top: "wn" spectral_norm_param { iterations: 50 } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" loss_weight: 1 param { blob: "wn" }
        inner_product_param { num_output: 5 bias_term: false } }
"""


def test_normed_weight_of_another_layer_is_learned_through_the_norm():
    net = Net(parse_net(NORMED), "TRAIN", seed=1)
    assert not net.graph.warnings
    weight = dict(net.named_parameters())[next(n for n, _ in net.named_parameters() if n.endswith("value"))]
    x = torch.randn(2, 4)
    y = net(x)["y"]
    torch.testing.assert_close(y, x @ (weight / largest(weight)).mT, rtol=1e-3, atol=1e-4)
    y.sum().backward()
    assert weight.grad.any()
