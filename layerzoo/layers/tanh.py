"""TanH: hyperbolic tangent."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class TanH(Layer):
    """Hyperbolic tangent: ``y = tanh(x)``.

    Shapes: bottom any, top the same. Source: Caffe's ``tanh_layer``.
    """

    family = "activation"
    any_layout = True
    messages = ("tanh_param",)
    hints = ("tanh_param.engine",)
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.tanh({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.tanh()
