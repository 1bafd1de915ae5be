"""SiLU: sigmoid linear unit."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class SiLU(Layer):
    """Sigmoid linear unit: ``y = x / (1 + exp(-x))``, Swish with a ``beta`` of 1.

    Shapes: bottom any, top the same. Source: ours; Hendrycks and Gimpel 2016; Elfwing, Uchibe and Doya 2018.
    """

    family = "activation"
    rectifies = True
    any_layout = True
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.silu({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.silu(x)
