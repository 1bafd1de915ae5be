"""Swish: self-gated linear unit."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Swish(Layer):
    """Self-gated linear unit: ``y = x * sigmoid(beta * x)``; SiLU for a ``beta`` of 1.

    Shapes: bottom any, top the same. Source: Caffe's ``swish_layer``; Ramachandran et al. 2017.
    """

    family = "activation"
    rectifies = True
    any_layout = True
    messages = ("swish_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.beta = param.swish_param.beta

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x = bottoms.first
        return f"F.silu({x})" if self.beta == 1 else f"{x} * torch.sigmoid({number(self.beta)} * {x})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.silu(x) if self.beta == 1 else x * (x * self.beta).sigmoid()
