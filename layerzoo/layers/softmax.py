"""Softmax: convert scores to probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Softmax(Layer):
    """Probabilities along ``axis``: ``y_c = exp(x_c) / sum_k exp(x_k)``.

    Shapes: bottom any with that axis, top the same. Source: Caffe's ``softmax_layer``.
    """

    family = "utility"
    any_layout = True
    gives_probabilities = True
    messages = ("softmax_param",)
    hints = ("softmax_param.engine",)
    stays_fp32 = True
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _axis(param, bottoms[0])
        return [bottoms[0]]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.softmax({bottoms.first}, {self.axis})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(x, self.axis)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.softmax_param.axis, len(shape), "softmax_param.axis")
