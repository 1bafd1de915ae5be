"""Reverse: the order of elements along an axis is reversed."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Reverse(Layer):
    """Reverse the order of elements along each axis of ``axis``; by default along axis 0, e.g. time.

    Shapes: bottom any with an axis, top the same. Source: forks of Caffe for bidirectional LSTMs (CRNN),
    ``reverse_layer``; several axes: Huawei's Ascend converter.
    """

    family = "utility"
    passes_values = True
    example = "axis: 0"
    messages = ("reverse_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axes = _axes(param, bottom_shapes[0])

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _axes(param, bottoms[0])
        return [bottoms[0]]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.flip({bottoms.first}, {self.axes})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flip(self.axes)


def _axes(param: LayerParameter, shape: Shape) -> tuple[int, ...]:
    axes = param.reverse_param.axis or (0,)
    return tuple(dict.fromkeys(canonical_axis(axis, len(shape), "reverse_param.axis") for axis in axes))
