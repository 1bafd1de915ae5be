"""Permute: change the order of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import LayerParameter


@register
class Permute(Layer):
    """Change the order of the axes: axis ``i`` of the top is axis ``order[i]`` of the bottom.

    Axes that ``order`` doesn't name follow in their order.

    Shapes: bottom any, top its axes in the new order. Source: ``permute_layer`` of SSD's fork of Caffe (Liu
    et al. 2016); also in caffe-windows.
    """

    family = "utility"
    example = "order: 0 order: 2 order: 3 order: 1"
    passes_values = True
    messages = ("permute_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.order = _order(param, len(bottom_shapes[0]))

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape = bottoms[0]
        return [tuple(shape[axis] for axis in _order(param, len(shape)))]

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        order = list(param.permute_param.order)
        return "in a pass" if order == list(range(len(order))) else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"{bottoms.first}.permute({listed(self.order)}).contiguous()"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(self.order).contiguous()


def _order(param: LayerParameter, axes: int) -> list[int]:
    """The bottom's axis of each axis of the top."""
    first = list(param.permute_param.order)
    for axis in first:
        if axis >= axes:
            raise LayerFault(
                f"order names axis {axis} of a bottom with {axes} axes",
                field="permute_param.order",
                hint=f"axes are numbered from 0 to {axes - 1}" if axes else "the bottom is a single number",
            )
        if first.count(axis) > 1:
            raise LayerFault(
                f"order names axis {axis} twice",
                field="permute_param.order",
                hint="name each axis once; those that are not named follow in their order",
            )
    return first + [axis for axis in range(axes) if axis not in first]
