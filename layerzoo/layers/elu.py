"""ELU: exponential linear unit."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class ELU(Layer):
    """Exponential linear unit: ``y = x`` for x > 0, ``alpha * (exp(x) - 1)`` otherwise, times ``lambda``.

    Shapes: bottom any, top the same. Source: Caffe's ``elu_layer``; Clevert et al. 2015; ``lambda``:
    NVIDIA's fork.
    """

    family = "activation"
    any_layout = True
    messages = ("elu_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.alpha = param.elu_param.alpha
        self.scale = getattr(param.elu_param, "lambda")

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        elu = f"F.elu({bottoms.first}, {number(self.alpha)})"
        return elu if self.scale == 1 else f"{number(self.scale)} * {elu}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.elu(x, self.alpha)
        return y if self.scale == 1 else y * self.scale
