"""Split: one blob as several tops."""

from __future__ import annotations

from typing import Literal

import torch

from layerzoo.layer import Layer, at_least, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Split(Layer):
    """The bottom as each of the tops; the gradients of the tops are summed. Nets do this automatically.

    Shapes: bottom any, tops the same. Source: Caffe's ``split_layer``.
    """

    family = "utility"
    any_layout = True
    passes_values = True
    tops = at_least(1)

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "in a pass"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return ", ".join([bottoms.first] * len(bottoms.tops))

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        # A view for each top, so that each blob is a tensor with its own gradient.
        tops = tuple(x.view_as(x) for _ in range(self.top_count))
        return tops if len(tops) > 1 else tops[0]
