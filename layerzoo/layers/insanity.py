"""Insanity: rectified linear unit with a random slope below 0."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Insanity(Layer):
    """Rectified linear unit; values below 0 are divided by a random number, uniform from ``lb`` to ``ub``.

    In TEST the divisor is ``(ub - lb) / (log ub - log lb)``.

    Shapes: bottom any with axes, top the same. Source: caffe-windows, ``insanity_layer``; Xu et al. 2015.
    """

    family = "activation"
    draws_for_elements = True
    messages = ("insanity_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.low, self.high = _bounds(param)
        self.mean = _mean_slope(self.low, self.high)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _bounds(param)
        if not bottoms[0]:
            raise LayerFault("bottom of shape (), expected (N, ...)", bottom=0)
        return [bottoms[0]]

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "Insanity is random"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.leaky_relu({bottoms.first}, {number(self.mean)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return F.leaky_relu(x, self.mean)
        divisor = self.low + (self.high - self.low) * self.random_uniform(x.shape, x.device).to(x.dtype)
        return torch.where(x > 0, x, x / divisor)


def _bounds(param: LayerParameter) -> tuple[float, float]:
    low, high = param.insanity_param.lb, param.insanity_param.ub
    if not 0 < low <= high:
        raise LayerFault(
            f"divisors from {low:g} to {high:g}; expected 0 < lb <= ub", field="insanity_param.ub"
        )
    return low, high


def _mean_slope(low: float, high: float) -> float:
    return (log(abs(high)) - log(abs(low))) / (high - low) if high != low else 1 / low
