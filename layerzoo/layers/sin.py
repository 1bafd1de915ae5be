"""Sin: the sine of an angle."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register
from layerzoo.python_source import Operands, PythonSource


@register
class Sin(Layer):
    """The sine: ``y = sin(x)``, x in radians.

    Shapes: bottom any, top the same. Source: ours; Vaswani et al. 2017 (position encodings); Sitzmann et
    al. 2020.
    """

    family = "activation"
    any_layout = True
    may_be_in_place = True
    stays_fp32 = True

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.sin({bottoms.first})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.sin()
