"""Colours of numbers: grey for what is never negative, blue to red for what is, and heat over a picture."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Pixels: ... x 3, RGB."""
_BLUE, _WHITE, _RED = (33, 102, 172), (247, 247, 247), (178, 24, 43)
_HEAT: Final = np.array([(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], np.float64)
_NOT_FINITE: Final = (255, 0, 255)
_GREY: Final = (0.299, 0.587, 0.114)
_OPACITY: Final = 0.75


def largest(values: NDArray[Any]) -> float:
    """The largest magnitude among the finite values; 0 if there are none."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def coloured(values: NDArray[Any], limit: float | None = None, *, signed: bool = False) -> Pixels:
    """A colour for each value.

    Values that are never negative are grey, from black (0) to white (the limit). Others are blue below 0,
    white at 0 and red above. Values that are not finite are magenta.

    Args:
        values: the values, of any shape.
        limit: magnitude of the strongest colour; None is the largest magnitude.
        signed: draw values in blue and red even if none is negative.
    """
    values = values.astype(np.float64)
    limit = largest(values) if limit is None else limit
    finite = np.isfinite(values)
    shares = np.clip(np.where(finite, values, 0) / (limit or 1.0), -1, 1)
    if not signed and (shares >= 0).all():
        made = np.repeat(np.rint(255 * shares)[..., None], 3, -1)
    else:
        ends = np.where(shares[..., None] < 0, np.array(_BLUE), np.array(_RED))
        made = np.rint(_WHITE + (ends - _WHITE) * np.abs(shares)[..., None])
    made[~finite] = _NOT_FINITE
    return made.astype(np.uint8)


def heat_over(pixels: Pixels, heat: NDArray[Any]) -> Pixels:
    """A grey picture under a heat map; what is 0 or less stays grey, the largest value is brightest.

    Args:
        pixels: height x width x 3, or x 1 for grey.
        heat: height x width.
    """
    grey = pixels[..., 0] if pixels.shape[-1] == 1 else pixels @ np.array(_GREY)
    shares = np.clip(heat.astype(np.float64) / (float(heat.max()) if heat.max() > 0 else 1.0), 0, 1)
    steps = np.linspace(0, 1, len(_HEAT))
    colours = np.stack([np.interp(shares, steps, _HEAT[:, channel]) for channel in range(3)], -1)
    opacity = _OPACITY * np.sqrt(shares)[..., None]
    return np.rint(grey[..., None] * (1 - opacity) + colours * opacity).astype(np.uint8)
