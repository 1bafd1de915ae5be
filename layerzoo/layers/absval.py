"""AbsVal: absolute value."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class AbsVal(Layer):
    """Absolute value: ``y = |x|``; the gradient at 0 is 0.

    Shapes: bottom any, top the same. Source: Caffe's ``absval_layer``; as there, it can't run in place.
    """

    family = "activation"
    any_layout = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.abs({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.abs()
