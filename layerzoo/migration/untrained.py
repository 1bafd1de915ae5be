"""Params for nets without weights, so that the comparison of formats sees each of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, prod, sqrt
from typing import Any, Final

import torch
from torch import Tensor

from layerzoo.graph import Graph
from layerzoo.layer import LAYERS, Layer
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
    weights are scaled for a top of standard deviation 1, biases moved for channels of mean 0, or 1 below a
    ReLU: one that cuts half of its values lets rounding grow by a fifth in each layer, until nothing can be
    compared.

    Source: Mishkin and Matas 2015, "All you need is a good init"; Yang et al. 2019, "A mean field theory of
    batch normalization", for the growth.

    Args:
        net: the net, in evaluation mode.
        inputs: its inputs by name.

    Returns:
        the number of layers whose params were fitted.
    """
    seen: set[int] = set()
    fitted: list[str] = []
    rectified = _rectified(net.graph)

    def fit(layer: Any, bottoms: tuple[Tensor, ...], made: Any) -> Any:
        blobs = [id(blob) for blob in layer.blobs]
        if not seen.isdisjoint(blobs):  # another layer shares them
            return None
        seen.update(blobs)
        mean = 1.0 if layer.name in rectified else 0.0
        after = _fit_statistics(layer, bottoms, mean)
        if after is None:
            after = _fit_weights(layer, bottoms, _first(made), mean)
        if after is not None:
            fitted.append(layer.name)
        return after

    hooks = [layer.register_forward_hook(fit) for layer in net.ordered_layers() if len(layer.blobs)]
    try:
        net(**inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return len(fitted)


def _rectified(graph: Graph) -> set[str]:
    """The layers whose top a ReLU or the like reads."""
    return {
        layer.name
        for layer in graph.layers
        for top in layer.tops
        for reader, _ in graph.blobs[top].consumers
        if LAYERS[graph.layers[reader].kind.type_name].rectifies
    }


def _fit_statistics(layer: Layer, bottoms: tuple[Tensor, ...], top_mean: float) -> Any:
    """Make mean and variance those of the bottom, and keep what was drawn as their deviations.

    Args:
        layer: the layer.
        bottoms: its bottoms.
        top_mean: the mean of a top's channels, if the layer has a bias.

    Returns:
        the tops that the layer has then; None if it has no such params.
    """
    x = bottoms[0]
    mean, variance = (getattr(layer, name, None) for name in ("mean", "variance"))
    if mean is None or variance is None or x.dim() < 2 or x.numel() < _SAMPLES * x.shape[1]:
        return None
    values = x.transpose(0, 1).flatten(1)
    spread = values.std(1)
    if not bool((spread > _LEAST).all() & spread.isfinite().all()):
        return None
    mean.copy_((values.mean(1) + mean.flatten() * spread).view_as(mean))
    variance.copy_((variance.flatten() * spread.square()).view_as(variance))
    bias: Tensor | None = getattr(layer, "bias", None)
    if bias is not None:
        bias.add_(top_mean)
    return layer.forward(*bottoms)


def _fit_weights(layer: Layer, bottoms: tuple[Tensor, ...], top: Tensor, top_mean: float) -> Any:
    """Scale the weights for a top of standard deviation 1, and move biases for channels of that mean.

    Returns:
        the tops that the layer has then; None if nothing was changed.
    """
    weight, bias = (getattr(layer, name, None) for name in ("weight", "bias"))
    spread = _spread(top)
    if weight is None or not (spread > _LEAST and isfinite(spread)):
        return None
    linear = [param for param in (weight, bias) if param is not None]
    before = [param.clone() for param in linear]
    for param in linear:
        param.div_(spread)
    if bias is not None and top.dim() > 1 and bias.numel() == top.shape[1]:
        values = top.transpose(0, 1).flatten(1)
        if values.shape[1] >= _SAMPLES:
            bias.add_(top_mean - values.mean(1).view_as(bias) * (0.9 / spread))
    made = layer.forward(*bottoms)
    if 0.5 < _spread(_first(made)) < 2:
        return made
    for param, old in zip(linear, before, strict=True):  # the top isn't proportional to the weights
        param.copy_(old)
    return None


def _first(made: Any) -> Tensor:
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
