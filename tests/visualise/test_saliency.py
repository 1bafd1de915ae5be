"""Saliency."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.visualise.class_score import class_score
from layerzoo.visualise.saliency import saliency
from tests.visualise.nets import net_of, small_net
from tests.visualise.plain import channels_of, scores_of


@pytest.mark.parametrize("channels", [1, 3])
def test_saliency_is_the_gradient_of_plain_torch(channels: int) -> None:
    net = small_net(channels)
    torch.manual_seed(0)
    image = torch.randn(1, channels, 6, 6)
    target = class_score(net, image, "prob", [], "2")
    plain = image.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(scores_of(net, channels_of(net, plain))[0, 2], plain)
    torch.testing.assert_close(saliency(net, image, target), gradient[0].abs().max(0).values)


def test_saliency_does_not_vanish_where_the_net_is_sure() -> None:
    net = small_net()
    net.params["ip"][0].data.mul_(1e4)
    image = torch.randn(1, 1, 6, 6)
    target = class_score(net, image, "prob", [])
    assert target.answer == 1
    assert saliency(net, image, target).max() > 0


def test_saliency_leaves_image_and_params_without_gradients() -> None:
    net, image = small_net(), torch.randn(1, 1, 6, 6)
    saliency(net, image, class_score(net, image, "prob", []))
    assert not image.requires_grad
    assert all(param.grad is None for param in net.parameters())


def test_score_without_a_gradient_is_refused() -> None:
    net = net_of("""
    name: steps
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 1, 2, 2]}}}
    - {name: flat, type: Flatten, bottom: data, top: flat}
    - {name: out, type: Threshold, bottom: flat, top: out}
    """)
    image = torch.ones(1, 1, 2, 2)
    with pytest.raises(UsageError, match="has no gradient by the image; occlusion needs none"):
        saliency(net, image, class_score(net, image, "out", []))
