"""SeLuDropout: dropout that keeps mean and variance, for nets of SELU."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter

_LEVELS = 1 << 16
_LOWEST = -1.7580993408473766
"""What SELU tends to far below 0; dropped values are set to it."""


@register
class SeLuDropout(Layer):
    """Set random values to the lowest value of SELU in training; mean 0 and variance 1 stay.

    In TRAIN each value is dropped with probability ``dropout_ratio``, then all are scaled and shifted; in
    TEST the top equals the bottom. Random numbers and the rounding of the ratio are as in Dropout.

    Shapes: bottom any, top the same. Source: the nets of soeaver/caffe-model; Klambauer et al. 2017.
    """

    family = "common"
    draws_for_elements = True
    example = "dropout_ratio: 0.1"
    messages = ("selu_dropout_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.dropped = round(_ratio(param) * _LEVELS)
        kept = 1 - self.dropped / _LEVELS
        self.scale = (kept + _LOWEST**2 * kept * (1 - kept)) ** -0.5
        self.shift = -self.scale * (1 - kept) * _LOWEST

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _ratio(param)
        return super().top_shapes(param, bottoms)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "SeLuDropout is random" if param.selu_dropout_param.dropout_ratio > 0 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return bottoms.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.dropped:
            return x
        kept = self.random_levels(x.shape, x.device) >= self.dropped - _LEVELS // 2
        top: torch.Tensor = torch.where(kept, x, _LOWEST) * self.scale + self.shift
        return top


def _ratio(param: LayerParameter) -> float:
    ratio = param.selu_dropout_param.dropout_ratio
    if not 0 <= ratio < 1:
        raise LayerFault(
            f"dropout_ratio {ratio:g} is not in [0, 1)",
            field="selu_dropout_param.dropout_ratio",
            hint="it is the fraction of values to drop",
        )
    return ratio
