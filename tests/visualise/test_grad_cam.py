"""Grad-CAM."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.visualise.class_score import class_score
from layerzoo.visualise.grad_cam import grad_cam, last_layer_with_places, layers_with_places, resized
from tests.visualise.nets import net_of, small_net
from tests.visualise.plain import channels_of

BY_HAND = """
name: hand
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 2, 1, 2]}}}
- {name: power, type: Power, bottom: data, top: power, power_param: {scale: 2}}
- {name: ip, type: InnerProduct, bottom: power, top: ip, inner_product_param: {num_output: 2}}
"""


def test_grad_cam_is_as_computed_by_hand() -> None:
    net = net_of(BY_HAND)
    with torch.no_grad():
        net.params["ip"][0].copy_(torch.tensor([[1.0, 3.0, -4.0, 2.0], [0.0, 0.0, 0.0, 0.0]]))
    image = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.5]]]])
    target = class_score(net, image, "ip", [], "0")
    # mean gradients 2 and -1; top (2, 4) and (6, 1): 2 * 2 - 6 = -2 -> 0, and 2 * 4 - 1 = 7
    assert grad_cam(net, image, target, "power").tolist() == [[0.0, 7.0]]


@pytest.mark.parametrize("layer", ["conv", "relu"])
def test_grad_cam_of_each_version_equals_loops(layer: str) -> None:
    net = small_net()
    torch.manual_seed(3)
    image = torch.randn(1, 1, 6, 6)
    target = class_score(net, image, "prob", [], "1")
    before = channels_of(net, image)[0]
    top = before if layer == "conv" else before.relu()
    weight = net.params["ip"][0].detach()[1].reshape(4, 4, 4)
    expected = torch.zeros(4, 4)
    for channel in range(4):
        gradient = weight[channel] * (before[channel] > 0) if layer == "conv" else weight[channel]
        expected += gradient.sum() / 16 * top[channel]
    torch.testing.assert_close(grad_cam(net, image, target, layer), expected.clamp(min=0))


def test_grad_cam_looks_at_the_last_layer_with_places_by_default() -> None:
    net = small_net()
    target = class_score(net, torch.zeros(1, 1, 6, 6), "prob", [])
    assert layers_with_places(net, target) == ["conv", "relu"]
    assert last_layer_with_places(net, target) == "relu"


def test_layers_beside_the_score_are_not_among_those_with_places() -> None:
    extra = "- {name: aside, type: ReLU, bottom: conv, top: aside}\n"
    net = small_net(extra=extra)
    image = torch.zeros(1, 1, 6, 6)
    target = class_score(net, image, "prob", [])
    assert "aside" not in layers_with_places(net, target)
    with pytest.raises(UsageError, match=r"doesn't depend on layer 'aside'.*conv, relu"):
        grad_cam(net, image, target, "aside")


def test_layer_without_places_is_refused() -> None:
    net, image = small_net(), torch.zeros(1, 1, 6, 6)
    target = class_score(net, image, "prob", [])
    with pytest.raises(UsageError, match=r"layer 'ip' .* has a top of shape \(1, 3\); .* as of conv, relu"):
        grad_cam(net, image, target, "ip")


def test_net_without_places_is_refused() -> None:
    net = net_of("""
    name: flat
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 1, 2, 2]}}}
    - {name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {num_output: 2}}
    """)
    target = class_score(net, torch.zeros(1, 1, 2, 2), "ip", [])
    with pytest.raises(UsageError, match="net 'flat' has no layer whose top"):
        last_layer_with_places(net, target)


def test_resized_map_is_bilinear() -> None:
    found = resized(torch.tensor([[0.0, 4.0]]), 1, 4)
    assert found.tolist() == [[0.0, 1.0, 3.0, 4.0]]
