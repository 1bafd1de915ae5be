"""Rotary positions: pairs of values turned by angles that grow with the position."""

from __future__ import annotations

import torch
from torch import Tensor


def rotated(x: Tensor, size: int, base: float, interleaved: bool, start: int = 0) -> Tensor:
    """Turn the first values of each position; pair i by the position times ``base^(-2 i / size)``.

    Angles of 16-bit values are computed in FP32.

    Args:
        x: (..., T, values).
        size: the number of values that are turned, even.
        base: see above.
        interleaved: pairs are neighbours; else a value of the first half and one of the second.
        start: the first position.

    Source: Su et al. 2021, RoFormer.
    """
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    rates = base ** (-torch.arange(0, size, 2, device=x.device, dtype=wide) / size)
    angles = torch.arange(start, start + x.shape[-2], device=x.device, dtype=wide)[:, None] * rates
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    turned, rest = x[..., :size], x[..., size:]
    if interleaved:
        one, two = turned[..., 0::2], turned[..., 1::2]
        made = torch.stack((one * cos - two * sin, one * sin + two * cos), -1).flatten(-2)
    else:
        one, two = turned.chunk(2, -1)
        made = torch.cat((one * cos - two * sin, one * sin + two * cos), -1)
    return made if not rest.shape[-1] else torch.cat((made, rest), -1)
