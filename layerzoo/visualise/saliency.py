"""Saliency: how strongly the score of a class depends on each pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.net import Net
from layerzoo.visualise.blob_values import values_of
from layerzoo.visualise.class_score import ClassScore


def saliency(net: Net, image: Tensor, target: ClassScore) -> Tensor:
    """The gradient of a class's score by each pixel: the largest magnitude among the channels.

    Simonyan et al., "Deep inside convolutional networks", 2013.

    Args:
        net: a net with one input.
        image: the preprocessed image: 1 x channels x height x width.
        target: the class.

    Returns:
        height x width, 0 or more.

    Raises:
        UsageError: the score doesn't depend on the image by a gradient.
    """
    return _gradient(net, image, target).abs().amax(1)[0]


def _gradient(net: Net, image: Tensor, target: ClassScore) -> Tensor:
    given = image.detach().requires_grad_()
    score = target.of(values_of(net, given, {target.score})[target.score]).sum()
    if not score.requires_grad:
        raise UsageError(
            f"net '{net.name}': the score of class '{target.name}' has no gradient by the image; occlusion "
            "needs none"
        )
    return torch.autograd.grad(score, given)[0]
