"""Parts of normalising layers; batch normalisation as forks of Caffe compute it."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.broadcast import spread
from layerzoo.functional.transforms import accumulate, plain_only, store
from layerzoo.schema import BatchNormParameter, FillerParameter

_LEAST_EPS = torch.finfo(torch.float32).tiny
"""Replaces an ``eps`` of 0, which torch refuses."""


def check_eps(eps: float, field: str) -> None:
    """Check what is added to a variance.

    Raises:
        LayerFault: it is below 0, or no number.
    """
    if not eps >= 0:
        raise LayerFault(f"eps {eps:g} is below 0", field=field, hint="give a small number above 0")


def filler_of_ones(message: Any, field: str) -> FillerParameter:
    """The filler in a field of a message; one that gives 1 where it is unset."""
    given: FillerParameter = getattr(message, field)
    return given if message.HasField(field) else FillerParameter(type="constant", value=1)


def by_statistics(
    x: torch.Tensor,
    mean: torch.Tensor,
    variance: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    eps: float,
) -> torch.Tensor:
    """Normalise by given statistics, then scale and shift; x (N, C, ...), the others (C).

    torch's operation asks whether x is empty, which a program that is being traced can't answer for a number
    of items that depends on values, such as that of regions.
    """
    if not (torch.compiler.is_exporting() and _has_unknown_size(x)):
        return F.batch_norm(x, mean, variance, weight, bias, eps=eps)
    scale = (variance + eps).rsqrt()
    scale = scale if weight is None else scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return torch.addcmul(spread(shift, x, 1), x, spread(scale, x, 1))


def _has_unknown_size(x: torch.Tensor) -> bool:
    from torch.fx.experimental.symbolic_shapes import has_free_unbacked_symbols

    return has_free_unbacked_symbols(x)


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


def normalised_in_part(
    x: torch.Tensor,
    p: BatchNormParameter,
    used: tuple[torch.Tensor, torch.Tensor] | None,
    blobs: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    updating: bool,
) -> torch.Tensor:
    """Normalise without mean or variance, or by statistics that are used and updated in one pass.

    Args:
        x: (N, C, ...).
        p: says what is left out.
        used: running mean and variance (C); None normalises by those of the batch, and updates the blobs.
        blobs: sums of mean and variance (C), and the number of batches (1).
        updating: divide by the batch's deviation from ``used``, as a constant, and update the blobs.
    """
    axes = [axis for axis in range(x.dim()) if axis != 1]
    mean, variance = used or (x.mean(axes), None)
    y = x - spread(torch.zeros_like(mean) if p.disable_mean else mean, x, 1)
    learns, fraction = used is None or updating, p.moving_average_fraction
    if not p.disable_variance:
        if variance is None or updating:
            variance = y.square().mean(axes)
            variance = variance.detach() if updating else variance
        y = y * spread((variance + max(p.eps, _LEAST_EPS)).rsqrt(), x, 1)
        if learns:
            count = x.numel() // x.shape[1]
            accumulate(blobs[1], fraction, variance * (count / max(1, count - 1)))
    if learns and not p.disable_mean:
        accumulate(blobs[0], fraction, mean)
    if learns:
        accumulate(blobs[2], fraction, 1)
    return y
