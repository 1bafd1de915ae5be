"""Params for nets without weights, so that the comparison of formats sees each of them."""

from __future__ import annotations

from math import prod, sqrt

import torch
from torch import Tensor

from layerzoo.net import Net
from layerzoo.seeds import stable_seed


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
