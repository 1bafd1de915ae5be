"""Split: one blob under several names."""

from __future__ import annotations

from typing import Literal

import torch

from layerzoo.layer import Layer, at_least, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Split(Layer):
    """Its bottom, once for each top; the gradients of the tops add up. Nets do this by themselves.

    Shapes: bottom any, tops the same. Source: Caffe's ``split_layer``.
    """

    family = "utility"
    passes_values = True
    tops = at_least(1)

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "in a pass"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return ", ".join([bottoms.first] * len(bottoms.tops))

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        # A view each: a blob must be a tensor of its own where a gradient is asked for it.
        tops = tuple(x.view_as(x) for _ in self.param.top)
        return tops if len(tops) > 1 else tops[0]
