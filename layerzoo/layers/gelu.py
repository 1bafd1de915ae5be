"""GELU: Gaussian error linear unit."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import GELUParameter, LayerParameter


@register
class GELU(Layer):
    """Gaussian error linear unit: ``y = x P(x)``; P is the distribution function of a normal number.

    With ``approximate: TANH``, ``P(x)`` is ``(1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``.

    Shapes: bottom any, top the same. Source: ours; Hendrycks and Gimpel 2016.
    """

    family = "activation"
    rectifies = True
    any_layout = True
    example = "approximate: TANH"
    messages = ("gelu_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.approximate = GELUParameter.Approximation.Name(param.gelu_param.approximate).lower()

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        exact = self.approximate == "none"
        return f"F.gelu({bottoms.first})" if exact else f"F.gelu({bottoms.first}, approximate='tanh')"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.gelu(x, approximate=self.approximate)
