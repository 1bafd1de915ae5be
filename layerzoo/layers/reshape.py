"""Reshape: change the shape of a blob."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Literal

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Reshape(Layer):
    """Replace ``num_axes`` axes of the bottom, starting at ``axis``, by those of ``shape``.

    In ``shape``, 0 copies the bottom's axis at the same index, and one -1 is inferred from the other sizes. A
    ``num_axes`` of -1 means all axes that follow; a negative ``axis`` counts from the end, where -1 is after
    the last axis.

    Shapes: bottom any, top with the same number of values. Source: Caffe's ``reshape_layer``.
    """

    family = "utility"
    passes_values = True
    example = "shape { dim: 0 dim: -1 }"
    messages = ("reshape_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.start, self.end = _replaced(param, bottom_shapes[0])
        self.dims = tuple(param.reshape_param.shape.dim)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        start, end = _replaced(param, bottoms[0])
        return [_reshaped(bottoms[0], start, end, tuple(param.reshape_param.shape.dim))]

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "always"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        first = (
            f"{bottoms.first}.shape[0]"
            if bottoms.shapes[0][:1] == bottoms.tops[0][:1]
            else str(bottoms.tops[0][0])
        )
        return f"{bottoms.first}.reshape({', '.join([first, *map(str, bottoms.tops[0][1:])])})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(_reshaped(tuple(x.shape), self.start, self.end, self.dims))


def _replaced(param: LayerParameter, shape: Shape) -> tuple[int, int]:
    """The first replaced axis and the first axis after them, validated."""
    p = param.reshape_param
    start = p.axis if p.axis >= 0 else len(shape) + p.axis + 1
    if not 0 <= start <= len(shape):
        raise LayerFault(
            f"axis {p.axis} of a bottom of shape {shape}",
            field="reshape_param.axis",
            hint=f"-{len(shape) + 1} to {len(shape)} exist",
        )
    end = len(shape) if p.num_axes == -1 else start + p.num_axes
    if not start <= end <= len(shape):
        raise LayerFault(
            f"num_axes {p.num_axes} from axis {start} of a bottom of shape {shape}",
            field="reshape_param.num_axes",
            hint=f"-1 to {len(shape) - start} are possible",
        )
    return start, end


def _reshaped(shape: Shape, start: int, end: int, dims: Shape) -> Shape:
    """The shape of the top; ``dims`` as in the message."""

    def fault(what: str) -> LayerFault:
        return LayerFault(f"{what}, with a bottom of shape {shape}", field="reshape_param.shape")

    if dims.count(-1) > 1 or any(dim < -1 for dim in dims):
        raise fault(f"dims {list(dims)} hold more than one -1, or a number below it")
    if any(dim == 0 and start + i >= len(shape) for i, dim in enumerate(dims)):
        raise fault(f"a 0 in dims {list(dims)} has no axis to copy")
    new = [shape[start + i] if dim == 0 else dim for i, dim in enumerate(dims)]
    top = (*shape[:start], *new, *shape[end:])
    if -1 in dims:
        known = -prod(top)
        if not known or prod(shape) % known:
            raise fault(
                f"dims {list(dims)} leave no whole number for the -1: {prod(shape)} values by {known}"
            )
        at = start + dims.index(-1)
        return (*top[:at], prod(shape) // known, *top[at + 1 :])
    if prod(top) != prod(shape):
        raise fault(f"dims {list(dims)} make {prod(top)} values of {prod(shape)}")
    return top
