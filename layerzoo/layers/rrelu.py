"""RReLU: rectified linear unit with a random slope below 0."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class RReLU(Layer):
    """Rectified linear unit; values below 0 are divided by a random number.

    It is uniform from ``negative_slope_lower`` to ``negative_slope_upper``. In TEST the divisor is the mean
    of both bounds.

    Shapes: bottom any with axes, top the same. Source: ducha-aiki's fork, ``rrelu_layer``; Xu et al. 2015.
    """

    family = "activation"
    draws_for_elements = True
    messages = ("rrelu_param",)
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
        return "RReLU is random"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.leaky_relu({bottoms.first}, {number(self.mean)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return F.leaky_relu(x, self.mean)
        divisor = self.low + (self.high - self.low) * self.random_uniform(x.shape, x.device).to(x.dtype)
        return torch.where(x > 0, x, x / divisor)


def _bounds(param: LayerParameter) -> tuple[float, float]:
    low, high = param.rrelu_param.negative_slope_lower, param.rrelu_param.negative_slope_upper
    if not 0 < low <= high:
        raise LayerFault(
            f"divisors from {low:g} to {high:g}; expected 0 < negative_slope_lower <= negative_slope_upper",
            field="rrelu_param.negative_slope_upper",
        )
    return low, high


def _mean_slope(low: float, high: float) -> float:
    return 2 / (low + high)
