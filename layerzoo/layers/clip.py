"""Clip: limit values to a range."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class Clip(Layer):
    """Limit values to a range: ``y = max(min, min(x, max))``.

    The gradient passes where ``min <= x <= max``.

    Shapes: bottom any, top the same. Source: Caffe's ``clip_layer``.
    """

    family = "activation"
    any_layout = True
    example = "min: 0 max: 6"
    messages = ("clip_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.min, self.max = _bounds(param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _bounds(param)
        return super().top_shapes(param, bottoms)

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"{bottoms.first}.clamp({number(self.min)}, {number(self.max)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(self.min, self.max)


def _bounds(param: LayerParameter) -> tuple[float, float]:
    p = param.clip_param
    for name in ("min", "max"):
        if not p.HasField(name):
            raise LayerFault(f"clip_param.{name} is required", field="clip_param")
    if p.min > p.max:
        raise LayerFault(f"min {p.min:g} is above max {p.max:g}", field="clip_param.min")
    return p.min, p.max
