"""Softplus: a smooth ReLU."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Softplus(Layer):
    """A smooth ReLU: ``y = log(1 + exp(beta x)) / beta``; x where ``beta x`` is above ``threshold``.

    Shapes: bottom any, top the same. Source: ours; Dugas et al. 2001; Caffe's BNLL has no ``beta``.
    """

    family = "activation"
    any_layout = True
    example = "beta: 2"
    messages = ("softplus_param",)
    may_be_in_place = True
    stays_fp32 = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.beta, self.threshold = param.softplus_param.beta, param.softplus_param.threshold

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        for name in ("beta", "threshold"):
            value = getattr(param.softplus_param, name)
            if not (isfinite(value) and value > 0):
                raise LayerFault(
                    f"{name} {value:g}; expected a number above 0", field=f"softplus_param.{name}"
                )
        return super().top_shapes(param, bottoms)

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.softplus({bottoms.first}, {number(self.beta)}, {number(self.threshold)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.softplus(x, self.beta, self.threshold)
