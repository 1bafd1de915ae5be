"""Mish: smooth self-gated unit."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class Mish(Layer):
    """Smooth self-gated unit: ``y = x tanh(log(1 + exp(x)))``.

    Shapes: bottom any, top the same. Source: Misra 2020; forks of Caffe for YOLOv4, ``mish_layer``.
    """

    family = "activation"
    rectifies = True
    may_be_in_place = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.mish({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.mish(x)
