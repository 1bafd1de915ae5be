"""Concat: concatenate blobs along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, at_least, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Concat(Layer):
    """Concatenate the bottoms along ``axis`` (or ``concat_dim``, its old name).

    Shapes: bottoms equal except along that axis; top the same with the sum of their sizes along it. Source:
    Caffe's ``concat_layer``.
    """

    family = "utility"
    any_layout = True
    passes_values = True
    example = "axis: 1"
    messages = ("concat_param",)
    bottoms = at_least(1)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        first = bottoms[0]
        axis = _axis(param, first)
        for index, shape in enumerate(bottoms):
            if len(shape) != len(first) or (*shape[:axis], *shape[axis + 1 :]) != (
                *first[:axis],
                *first[axis + 1 :],
            ):
                raise LayerFault(
                    f"bottoms of shapes {first} and {shape}; they may only differ along axis {axis}",
                    bottom=index,
                )
        return [(*first[:axis], sum(shape[axis] for shape in bottoms), *first[axis + 1 :])]

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "always" if len(param.bottom) == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"torch.cat([{', '.join(bottoms.names)}], {self.axis})"

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor:
        return torch.cat(bottoms, self.axis) if len(bottoms) > 1 else bottoms[0].view_as(bottoms[0])


def _axis(param: LayerParameter, shape: Shape) -> int:
    p = param.concat_param
    if not p.HasField("concat_dim"):
        return canonical_axis(p.axis, len(shape), "concat_param.axis")
    if p.HasField("axis"):
        raise LayerFault(
            "axis and concat_dim are both given", field="concat_param.concat_dim", hint="keep axis"
        )
    return canonical_axis(p.concat_dim, len(shape), "concat_param.concat_dim")
