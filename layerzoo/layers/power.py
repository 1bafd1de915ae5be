"""Power: power of a scaled and shifted value."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Power(Layer):
    """Power of a scaled and shifted value: ``y = (shift + scale * x) ^ power``.

    If ``scale * power`` is 0, the top is the constant ``shift ^ power`` and the gradient 0.

    Shapes: bottom any, top the same. Source: Caffe's ``power_layer``.
    """

    family = "activation"
    any_layout = True
    example = "scale: 0.5 shift: 1"
    messages = ("power_param",)
    stays_fp32 = True
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.power_param
        self.power, self.scale, self.shift = p.power, p.scale, p.shift
        self.constant = (
            None if p.scale and p.power else float(torch.tensor(p.shift, device="cpu").pow(p.power))
        )

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.constant is not None:
            return f"torch.full_like({bottoms.first}, {number(self.constant)})"
        base = bottoms.first if self.scale == 1 else f"{bottoms.first} * {number(self.scale)}"
        base = f"{base} + {number(self.shift)}" if self.shift else base
        return base if self.power == 1 else f"({base}) ** {number(self.power)}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.constant is not None:
            return torch.fill(x, self.constant)
        if self.scale != 1:
            x = x * self.scale
        if self.shift:
            x = x + self.shift
        return x if self.power == 1 else x.pow(self.power)
