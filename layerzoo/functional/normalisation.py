"""Batch normalisation as forks of Caffe compute it."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo.functional.transforms import plain_only, store

_LEAST_EPS = torch.finfo(torch.float32).tiny
"""Replaces an ``eps`` of 0, which torch refuses."""


def batch_statistics(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Normalise by the statistics of the batch, then scale and shift; also mean and biased variance.

    Shapes: x (N, C, ...), weight, bias, mean and variance (C); mean and variance have no gradient.
    """
    if plain_only():
        axes = [axis for axis in range(x.dim()) if axis != 1]
        mean, variance = x.mean(axes), x.var(axes, unbiased=False)
        y = normalised(x, mean, (variance + eps).rsqrt(), weight, bias)
        return y, mean.detach(), variance.detach()
    mean, variance = x.detach().new_zeros(2, x.shape[1]).unbind()
    count = x.numel() // max(1, x.shape[1])
    if count <= 1:  # torch refuses it
        mean.copy_(x.detach().flatten())
        return x - x + bias.view(1, -1, *(1,) * (x.dim() - 2)), mean, variance
    # with a momentum of 1, torch stores the mean and unbiased variance of the batch
    y = F.batch_norm(x, mean, variance, weight, bias, True, 1.0, max(eps, _LEAST_EPS))
    return y, mean, variance * ((count - 1) / count)


def replaced(param: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Store a value in a param before a pass uses it; the value, whose gradient is the param's."""
    value = value.detach()
    passed = param + (value - param.detach())
    store(param.detach(), value)
    return passed


def normalised(
    x: torch.Tensor, mean: torch.Tensor, scale: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
) -> torch.Tensor:
    """``(x - mean) * scale * weight + bias``, channel by channel; x (N, C, ...), the others (C)."""
    factor, shift = (part.view(1, -1, *(1,) * (x.dim() - 2)) for part in (scale * weight, bias))
    return torch.addcmul(shift, x - mean.view_as(factor), factor)
