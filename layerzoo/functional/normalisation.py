"""Parts of normalising layers; batch normalisation as forks of Caffe compute it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.broadcast import spread
from layerzoo.functional.transforms import accumulate, plain_only, store
from layerzoo.schema import BatchNormParameter, FillerParameter

OF_BATCH: Final = "mean and variance are those of its batch"
"""What a layer computes from all samples of a batch."""
JointSum = Callable[[torch.Tensor], torch.Tensor]
"""Sums a tensor over all processes, with its derivatives."""

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


def joint_mean(x: torch.Tensor, joint: JointSum | None) -> torch.Tensor:
    """The mean of each channel, (C), over the batches of all processes if ``joint`` sums over them."""
    axes = [axis for axis in range(x.dim()) if axis != 1]
    if joint is None:
        return x.mean(axes)
    own = x.new_full((1,), x.numel() // max(1, x.shape[1]))
    *_, total = sums = joint(torch.cat((x.sum(axes), own)))
    mean: torch.Tensor = sums[:-1] / total
    return mean


def unbiased(variance: torch.Tensor, x: torch.Tensor, joint: JointSum | None) -> torch.Tensor:
    """The unbiased variance from the biased one, of the batches of all processes if ``joint`` is given."""
    count = x.numel() // max(1, x.shape[1])
    if joint is None:
        return variance * (count / max(1, count - 1))
    total = joint(variance.new_full((), count))
    return variance * (total / (total - 1).clamp(min=1))


def joint_statistics(
    x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None, eps: float, joint: JointSum
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`batch_statistics` over the batches of all processes; in FP32, the result in the type of ``x``."""
    whole = x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
    mean = joint_mean(whole, joint)
    centred = whole - spread(mean, whole, 1)
    variance = joint_mean(centred.square(), joint)
    scale = (variance + max(eps, _LEAST_EPS)).rsqrt()
    y = centred * spread(scale if weight is None else scale * weight, whole, 1)
    y = y if bias is None else y + spread(bias, whole, 1)
    return y.to(x.dtype), mean.detach(), variance.detach()


def batch_statistics(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float, joint: JointSum | None = None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Normalise by the statistics of the batch, then scale and shift; also mean and biased variance.

    Shapes: x (N, C, ...), weight, bias, mean and variance (C); mean and variance have no gradient.

    Args:
        x, weight, bias, eps: see above.
        joint: ``clock.joint_sum``.
    """
    if joint is not None:
        return joint_statistics(x, weight, bias, eps, joint)
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


def unbiased_statistics(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    eps: float,
    dtype: torch.dtype,
    joint: JointSum | None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """As `batch_statistics`, with the unbiased variance; mean and variance have the type ``dtype``."""
    if joint is not None:
        y, mean, variance = joint_statistics(x, weight, bias, eps, joint)
        return y, mean, unbiased(variance, x, joint)
    # With a momentum of 1, torch stores the mean and unbiased variance of the batch.
    mean, variance = x.detach().new_zeros(2, x.shape[1], dtype=dtype).unbind()
    if x.numel() > x.shape[1]:
        return F.batch_norm(x, mean, variance, weight, bias, True, 1.0, eps), mean, variance
    mean.copy_(x.detach().flatten())
    return x - x if bias is None else x - x + bias, mean, variance


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
    joint: JointSum | None = None,
) -> torch.Tensor:
    """Normalise without mean or variance, or by statistics that are used and updated in one pass.

    Args:
        x: (N, C, ...).
        p: says what is left out.
        used: running mean and variance (C); None normalises by those of the batch, and updates the blobs.
        blobs: sums of mean and variance (C), and the number of batches (1).
        updating: divide by the batch's deviation from ``used``, as a constant, and update the blobs.
        joint: ``clock.joint_sum``.
    """
    mean, variance = used or (joint_mean(x, joint), None)
    y = x - spread(torch.zeros_like(mean) if p.disable_mean else mean, x, 1)
    learns, fraction = used is None or updating, p.moving_average_fraction
    if not p.disable_variance:
        if variance is None or updating:
            variance = joint_mean(y.square(), joint)
            variance = variance.detach() if updating else variance
        y = y * spread((variance + max(p.eps, _LEAST_EPS)).rsqrt(), x, 1)
        if learns:
            accumulate(blobs[1], fraction, unbiased(variance, x, joint))
    if learns and not p.disable_mean:
        accumulate(blobs[0], fraction, mean)
    if learns:
        accumulate(blobs[2], fraction, 1)
    return y
