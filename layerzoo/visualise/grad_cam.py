"""Grad-CAM: the places of a layer on which the score of a class depends."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from layerzoo.errors import UsageError
from layerzoo.net import Net
from layerzoo.visualise.blob_values import listed, top_of, values_of
from layerzoo.visualise.class_score import ClassScore

_IMAGE_AXES = 4


def grad_cam(net: Net, image: Tensor, target: ClassScore, layer: str) -> Tensor:
    """The channels of a layer's top, each weighted by its mean gradient, summed, without what is negative.

    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization",
    2017.

    Args:
        net: a net with one input.
        image: the preprocessed image: 1 x channels x height x width.
        target: the class.
        layer: name of a layer whose top is (images, channels, height, width).

    Returns:
        height x width of the layer's top, 0 or more.

    Raises:
        UsageError: the layer is unknown, its top has other axes, or the score doesn't depend on it.
    """
    blob = top_of(net, layer)
    given = image.detach().requires_grad_()
    values = values_of(net, given, {blob.index, target.score})
    score = target.of(values[target.score]).sum()
    channels = values.get(blob.index)
    if channels is None or channels.dim() != _IMAGE_AXES:
        shape = () if channels is None else tuple(channels.shape)
        raise UsageError(
            f"layer '{layer}' of net '{net.name}' has a top of shape {shape}; expected (images, channels, "
            f"height, width), as of {listed(layers_with_places(net, target))}"
        )
    gradient = None
    if score.requires_grad and channels.requires_grad:
        (gradient,) = torch.autograd.grad(score, channels, allow_unused=True)
    if gradient is None:
        raise UsageError(
            f"net '{net.name}': the score of class '{target.name}' doesn't depend on layer '{layer}'; layers "
            f"that it depends on: {listed(layers_with_places(net, target))}"
        )
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * channels.detach()).sum(1)[0].relu()


def layers_with_places(net: Net, target: ClassScore) -> list[str]:
    """Names of the layers between the input and a score whose top has channels at several places."""
    graph = net.graph
    found: list[str] = []
    above = {graph.blobs[target.score].producer}
    for layer in reversed(graph.layers[: graph.blobs[target.score].producer + 1]):
        if layer.index not in above:
            continue
        above |= {graph.blobs[bottom].producer for bottom in layer.bottoms}
        shape = graph.blobs[layer.tops[0]].shape if layer.tops else None
        places = shape is not None and len(shape) == _IMAGE_AXES and shape[2] * shape[3] > 1
        if places and layer.bottoms and layer.tops[0] != target.score:
            found.append(layer.name)
    return found[::-1]


def last_layer_with_places(net: Net, target: ClassScore) -> str:
    """The layer that Grad-CAM looks at by default: the last one whose top has several places.

    Raises:
        UsageError: there is none.
    """
    names = layers_with_places(net, target)
    if not names:
        raise UsageError(
            f"net '{net.name}' has no layer whose top is (images, channels, height, width) with several "
            "places, which Grad-CAM needs; saliency and occlusion look at the image itself"
        )
    return names[-1]


def resized(heat: Tensor, height: int, width: int) -> Tensor:
    """A heat map in the size of the image, interpolated bilinearly."""
    return interpolate(heat[None, None], (height, width), mode="bilinear", align_corners=False)[0, 0]
