"""The small net in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, linear

from layerzoo.net import Net


def channels_of(net: Net, image: Tensor) -> Tensor:
    """The top of the convolution, before the ReLU."""
    return conv2d(image, *(param.detach() for param in net.params["conv"]))


def scores_of(net: Net, channels: Tensor) -> Tensor:
    """The scores for the top of the convolution."""
    return linear(channels.relu().flatten(1), *(param.detach() for param in net.params["ip"]))


def answers_of(net: Net, image: Tensor) -> Tensor:
    """The probabilities of an image."""
    return torch.softmax(scores_of(net, channels_of(net, image)), 1)
