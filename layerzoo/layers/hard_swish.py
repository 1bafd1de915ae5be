"""HardSwish: piecewise quadratic Swish."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class HardSwish(Layer):
    """Piecewise quadratic Swish: ``y = x min(max(x + 3, 0), 6) / 6``.

    Shapes: bottom any, top the same. Source: MobileNetV3: Howard et al. 2019; forks of Caffe,
    ``hard_swish_layer``.
    """

    family = "activation"
    rectifies = True
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.hardswish({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.hardswish(x)
