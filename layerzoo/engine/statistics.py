"""Statistics of a tensor's elements, for logs and reports."""

from __future__ import annotations

from math import isnan, nan, prod
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.log import number


class Statistics(NamedTuple):
    """Statistics of a tensor's elements, those that are NaN or infinite left out.

    Attributes:
        shape: of the tensor.
        low, mean, high, deviation: NaN if no element is finite.
        nan, infinite: number of NaN and of infinite elements.
    """

    shape: tuple[int, ...]
    low: float
    mean: float
    high: float
    deviation: float
    nan: int
    infinite: int

    @classmethod
    def of(cls, tensor: Tensor) -> Statistics:
        """The statistics of a tensor of any type; waits for the device."""
        flat = tensor.detach().flatten().double()
        finite = flat[flat.isfinite()]
        low = mean = high = deviation = nan
        if finite.numel():
            spread, middle = torch.std_mean(finite, correction=0)
            ends = torch.stack([finite.min(), middle, finite.max(), spread])
            low, mean, high, deviation = ends.tolist()
        bad = (int(flat.isnan().sum()), int(flat.isinf().sum())) if finite.numel() < flat.numel() else (0, 0)
        return cls(tuple(tensor.shape), low, mean, high, deviation, *bad)

    @property
    def is_finite(self) -> bool:
        """Whether no element is NaN or infinite."""
        return not (self.nan or self.infinite)

    def __str__(self) -> str:
        said = "nothing is finite"
        if not isnan(self.mean):
            said = (
                f"min {number(self.low)}, mean {number(self.mean)}, max {number(self.high)}, "
                f"std {number(self.deviation)}"
            )
        return f"({' '.join(map(str, self.shape))}) {said}, {self.nan + self.infinite} non-finite"

    def describe(self) -> str:
        """Shape, counts of NaN and infinite elements, and the range of the others."""
        parts = ["x".join(map(str, self.shape)) or "scalar"]
        parts += [f"{n:,} {what}" for n, what in ((self.nan, "NaN"), (self.infinite, "infinite")) if n]
        if self.nan + self.infinite < prod(self.shape):
            others = "the others " if len(parts) > 1 else ""
            parts.append(f"{others}{number(self.low)} to {number(self.high)}, mean {number(self.mean)}")
        return ", ".join(parts)
