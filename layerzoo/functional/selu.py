"""The scaled exponential linear unit."""

from __future__ import annotations

import torch

from layerzoo.python_source import number


def selu(x: torch.Tensor, alpha: float, scale: float) -> torch.Tensor:
    """``scale * x`` above 0, ``scale * alpha * (exp(x) - 1)`` at and below 0."""
    return torch.where(x > 0, x, alpha * x.clamp(max=0).expm1()) * scale


def selu_source(x: str, alpha: float, scale: float) -> str:
    """A Python expression for `selu` of a variable."""
    return f"{number(scale)} * torch.where({x} > 0, {x}, {number(alpha)} * torch.expm1({x}.clamp(max=0)))"
