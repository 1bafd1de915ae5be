"""Params for nets without weights, so that the comparison of formats sees each of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, prod, sqrt
from typing import Any, Final

import torch
from torch import Tensor

from layerzoo.layer import Layer
from layerzoo.net import Net
from layerzoo.seeds import stable_seed

_SAMPLES: Final = 16
"""The fewest numbers of a channel that tell its mean and variance."""
_LEAST: Final = 1e-20
"""A standard deviation below this is that of a constant."""


@torch.no_grad()
def draw_constant_params(net: Net) -> int:
    """Draw the params whose values are all the same, as those without a filler are.

    With weights of 0 the outputs of any two nets agree. Weights are drawn with the spread that keeps the size
    of activations, statistics like those of a trained net; the values are functions of the layer's name.

    Returns:
        the number of params that were drawn.
    """
    count = 0
    for layer, blobs in net.params.items():
        names = net.layer(layer).param_names
        for index, blob in enumerate(blobs):
            constant = bool(blob.numel()) and bool((blob == blob.reshape(-1)[0]).all())
            if not constant:
                continue
            name = names[index] if index < len(names) else ""
            generator = torch.Generator().manual_seed(stable_seed(0, "untrained", layer, str(index)))
            blob.copy_(_drawn(name, index, torch.randn(blob.shape, generator=generator)))
            count += 1
    return count


@torch.no_grad()
def fit_params(net: Net, inputs: Mapping[str, Tensor]) -> int:
    """Fit the params of an untrained net to inputs, layer by layer, so that activations are about 1.

    Those of a deep net with any other params grow or vanish: sizes of boxes are infinite, or scores differ
    so little that rounding decides which box is the best. Means and variances become those of the bottom;
    weights are scaled for a top of standard deviation 1, biases moved for channels of mean 0.

    Source: Mishkin and Matas 2015, "All you need is a good init".

    Args:
        net: the net, in evaluation mode.
        inputs: its inputs by name.

    Returns:
        the number of layers whose params were fitted.
    """
    seen: set[int] = set()
    fitted: list[str] = []

    def fit(layer: Any, bottoms: tuple[Tensor, ...]) -> None:
        blobs = [id(blob) for blob in layer.blobs]
        if seen.isdisjoint(blobs):  # else another layer shares them
            seen.update(blobs)
            if _fit_statistics(layer, bottoms[0]) | _fit_weights(layer, bottoms):
                fitted.append(layer.name)

    hooks = [layer.register_forward_pre_hook(fit) for layer in net.ordered_layers() if len(layer.blobs)]
    try:
        net(**inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return len(fitted)


def _fit_statistics(layer: Layer, x: Tensor) -> bool:
    """Make mean and variance those of the bottom, and keep what was drawn as their deviations."""
    mean, variance = (getattr(layer, name, None) for name in ("mean", "variance"))
    if mean is None or variance is None or x.dim() < 2 or x.numel() < _SAMPLES * x.shape[1]:
        return False
    values = x.transpose(0, 1).flatten(1)
    spread = values.std(1)
    if not bool((spread > _LEAST).all() & spread.isfinite().all()):
        return False
    mean.copy_((values.mean(1) + mean.flatten() * spread).view_as(mean))
    variance.copy_((variance.flatten() * spread.square()).view_as(variance))
    return True


def _fit_weights(layer: Layer, bottoms: tuple[Tensor, ...]) -> bool:
    """Scale the weights for a top of standard deviation 1, and move biases for channels of mean 0."""
    weight, bias = (getattr(layer, name, None) for name in ("weight", "bias"))
    if weight is None:
        return False
    linear = [param for param in (weight, bias) if param is not None]
    before = [param.clone() for param in linear]
    spread = _spread(_top(layer, bottoms))
    if not (spread > _LEAST and isfinite(spread)):
        return False
    for param in linear:
        param.div_(spread)
    top = _top(layer, bottoms)
    if not 0.5 < _spread(top) < 2:  # the top isn't proportional to the weights
        for param, old in zip(linear, before, strict=True):
            param.copy_(old)
        return False
    if bias is not None and top.dim() > 1 and bias.numel() == top.shape[1]:
        values = top.transpose(0, 1).flatten(1)
        if values.shape[1] >= _SAMPLES:
            bias.sub_(values.mean(1).view_as(bias) * 0.9)
    return True


def _top(layer: Layer, bottoms: tuple[Tensor, ...]) -> Tensor:
    """The first top; a layer that works in place gets copies."""
    made = layer.forward(*(bottom.clone() for bottom in bottoms))
    top: Tensor = made[0] if isinstance(made, tuple) else made
    return top


def _spread(x: Tensor) -> float:
    """The standard deviation, from each channel's mean where there are enough numbers."""
    if x.dim() > 1 and x.numel() >= _SAMPLES * x.shape[1]:
        return float(x.transpose(0, 1).flatten(1).var(1).mean().sqrt())
    return float(x.std()) if x.numel() > 1 else float(x.abs().max())


def _drawn(name: str, index: int, noise: Tensor) -> Tensor:
    """The values of a param.

    Args:
        name: its name, of the class's ``param_names``.
        index: its place among the blobs of its layer.
        noise: normally distributed numbers of its shape.
    """
    if name == "scale_factor":
        return torch.ones_like(noise)
    if name == "variance":
        return 0.5 + noise.abs()
    if noise.squeeze().dim() > 1:
        return noise * sqrt(2 / prod(noise.shape[1:]))
    first = index == 0 and name not in {"mean", "bias"}
    return 1 + 0.2 * noise if first or name == "weight" else 0.1 * noise
