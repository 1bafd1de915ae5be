"""Cos: the cosine of an angle."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class Cos(Layer):
    """The cosine: ``y = cos(x)``, x in radians. Cosine, of a fork, has another gradient.

    Shapes: bottom any, top the same. Source: ours; Vaswani et al. 2017 (position encodings); Sitzmann et
    al. 2020.
    """

    family = "activation"
    any_layout = True
    may_be_in_place = True
    stays_fp32 = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.cos({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.cos()
