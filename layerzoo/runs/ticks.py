"""Choose and format round tick values of an axis."""

from __future__ import annotations

from math import ceil, floor, log10

_LEAST_STEP = 1e-300
"""Smaller steps are lost in the rounding of floats."""


def ticks(low: float, high: float, most: int) -> list[float]:
    """Equidistant round values between two limits: at most ``most``, at least one."""
    span = high - low
    if most < 2 or not span / most > _LEAST_STEP:
        return [low]
    unit = 10.0 ** floor(log10(span / most))
    for times in (1, 2, 2.5, 5, 10, 20):
        step = times * unit
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
        if last - first < most:
            break
    return [round(i * step, 12 - floor(log10(step))) for i in range(first, last + 1)] or [low]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between two positive limits for a logarithmic axis: at most ``most``."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        found = [m * 10.0**d for d in decades for m in mantissas]
        found = [float(f"{v:.3g}") for v in found if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
        if 1 < len(found) <= most:
            return found
    if len(found) > most:
        return found[:: ceil(len(found) / most)]
    return ticks(low, high, most)


def short(value: float) -> str:
    """Format a tick value: ``0.25``, ``1500``, ``20k``, ``1e-05``."""
    if abs(value) >= 10_000 and value % 100 == 0:
        return f"{value / 1e6:g}M" if abs(value) >= 1e6 else f"{value / 1e3:g}k"
    return f"{value:.6g}"
