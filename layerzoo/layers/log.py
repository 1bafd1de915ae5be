"""Log: logarithm to a base."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.exponent import log_of_base
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Log(Layer):
    """Logarithm: ``y = log_base(shift + scale * x)``; a ``base`` of -1 stands for e.

    Shapes: bottom any, top the same. Source: Caffe's ``log_layer``.
    """

    family = "activation"
    any_layout = True
    messages = ("log_param",)
    stays_fp32 = True
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.scale, self.shift = param.log_param.scale, param.log_param.shift
        self.outer_scale = 1 / _log_base(param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _log_base(param)
        return super().top_shapes(param, bottoms)

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x = bottoms.first if self.scale == 1 else f"{number(self.scale)} * {bottoms.first}"
        if self.shift:
            x = f"{x} + {number(self.shift)}"
        y = f"({x}).log()"
        return y if self.outer_scale == 1 else f"{y} * {number(self.outer_scale)}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.scale != 1:
            x = x * self.scale
        if self.shift:
            x = x + self.shift
        y = x.log()
        return y if self.outer_scale == 1 else y * self.outer_scale


def _log_base(param: LayerParameter) -> float:
    log_base = log_of_base(param.log_param.base, "log_param.base")
    if not log_base:
        raise LayerFault(
            "base 1 has no logarithm", field="log_param.base", hint="-1, the default, stands for e"
        )
    return log_base
