"""Flatten: merge axes into one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Literal

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Flatten(Layer):
    """Merge the axes from ``axis`` to ``end_axis`` (inclusive) into one.

    Shapes: bottom (outer..., K..., inner...), top (outer..., product of K, inner...). Source: Caffe's
    ``flatten_layer``.
    """

    family = "utility"
    any_layout = True
    passes_values = True
    messages = ("flatten_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.start, self.end = _axes(param, bottom_shapes[0])

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape = bottoms[0]
        start, end = _axes(param, shape)
        return [(*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :])]

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "in a pass"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.flatten({bottoms.first}, {self.start}, {self.end})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(self.start, self.end)


def _axes(param: LayerParameter, shape: Shape) -> tuple[int, int]:
    p = param.flatten_param
    start = canonical_axis(p.axis, len(shape), "flatten_param.axis")
    end = canonical_axis(p.end_axis, len(shape), "flatten_param.end_axis")
    if end < start:
        raise LayerFault(
            f"end_axis {p.end_axis} comes before axis {p.axis} in a bottom of shape {shape}",
            field="flatten_param.end_axis",
        )
    return start, end
