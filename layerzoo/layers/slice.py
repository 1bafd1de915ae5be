"""Slice: split a blob into several along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, at_least, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Slice(Layer):
    """Split the bottom along ``axis`` (or ``slice_dim``, its old name) into its tops.

    Each ``slice_point`` is the first index of the next top; without them the tops have equal sizes.

    Shapes: bottom any, tops the same except along that axis. Source: Caffe's ``slice_layer``.
    """

    family = "utility"
    any_layout = True
    passes_values = True
    example = "axis: 1 slice_point: 1"
    messages = ("slice_param",)
    tops = at_least(1)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        points = list(param.slice_param.slice_point)
        self.cuts: list[int] | int = points or max(1, len(param.top))

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, tops = bottoms[0], max(1, len(param.top))
        axis = _axis(param, shape)
        size = shape[axis]
        points = list(param.slice_param.slice_point)
        if not points:
            if size % tops:
                raise LayerFault(
                    f"axis {axis} of a bottom of shape {shape} doesn't divide into {tops} equal tops",
                    hint="give the sizes with slice_point",
                )
            return [(*shape[:axis], size // tops, *shape[axis + 1 :])] * tops
        if len(points) != tops - 1:
            raise LayerFault(
                f"{len(points)} slice points for {tops} tops; expected {tops - 1}",
                field="slice_param.slice_point",
            )
        edges = [0, *points, size]
        if any(low >= high for low, high in pairwise(edges)):
            raise LayerFault(
                f"slice points {points} don't split axis {axis} of a bottom of shape {shape}; "
                f"they must increase, between 1 and {size - 1}",
                field="slice_param.slice_point",
            )
        sizes = (high - low for low, high in pairwise(edges))
        return [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "always" if len(param.top) == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        sizes = [top[self.axis] for top in bottoms.tops]
        return (
            f"torch.split({bottoms.first}, {sizes}, {self.axis})" if len(bottoms.tops) > 1 else bottoms.first
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        pieces = x.tensor_split(self.cuts, self.axis)
        return pieces[0] if len(pieces) == 1 else tuple(pieces)


def _axis(param: LayerParameter, shape: Shape) -> int:
    p = param.slice_param
    if not p.HasField("slice_dim"):
        return canonical_axis(p.axis, len(shape), "slice_param.axis")
    if p.HasField("axis"):
        raise LayerFault("axis and slice_dim are both given", field="slice_param.slice_dim", hint="keep axis")
    return canonical_axis(p.slice_dim, len(shape), "slice_param.slice_dim")
