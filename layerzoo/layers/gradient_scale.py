"""GradientScale: multiply the gradient, and leave the values."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Literal

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.surrogate import with_scaled_gradient
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class GradientScale(Layer):
    """The bottom, whose gradient is that of the top times ``scale``.

    With ``scale: -1`` what lies below learns to make the loss larger, as the features of a domain-adversarial
    net do; with ``scale: 0`` nothing below learns from what lies above.

    Shapes: bottom any, top the same. Source: ours; Ganin and Lempitsky 2015 (gradient reversal).
    """

    family = "utility"
    any_layout = True
    passes_values = True
    asks_for_surrogate = True
    example = "scale: -1"
    messages = ("gradient_scale_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.scale = param.gradient_scale_param.scale

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scale = param.gradient_scale_param.scale
        if not isfinite(scale):
            raise LayerFault(f"scale {scale}; expected a finite number", field="gradient_scale_param.scale")
        return [bottoms[0]]

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        scale = param.gradient_scale_param.scale
        return None if scale == 1 else f"{scale:g} times it"

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "in a pass"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return bottoms.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return with_scaled_gradient(x, self.scale)
