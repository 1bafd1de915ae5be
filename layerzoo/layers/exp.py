"""Exp: exponential function to a base."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from layerzoo.functional.exponent import log_of_base
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Exp(Layer):
    """Exponential function: ``y = base ^ (shift + scale * x)``; a ``base`` of -1 stands for e.

    Shapes: bottom any, top the same. Source: Caffe's ``exp_layer``.
    """

    family = "activation"
    any_layout = True
    example = "base: 2"
    messages = ("exp_param",)
    stays_fp32 = True
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.exp_param
        log_base = _log_base(param)
        self.inner_scale = log_base * p.scale
        self.outer_scale = _exp(log_base * p.shift)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _log_base(param)
        return super().top_shapes(param, bottoms)

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        inner = bottoms.first if self.inner_scale == 1 else f"{bottoms.first} * {number(self.inner_scale)}"
        return f"torch.exp({inner})" + ("" if self.outer_scale == 1 else f" * {number(self.outer_scale)}")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = (x if self.inner_scale == 1 else x * self.inner_scale).exp()
        return y if self.outer_scale == 1 else y * self.outer_scale


def _log_base(param: LayerParameter) -> float:
    return log_of_base(param.exp_param.base, "exp_param.base")


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf
