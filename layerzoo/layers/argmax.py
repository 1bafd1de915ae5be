"""ArgMax: indices of the largest values."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import LayerParameter

_LARGEST: Final = '''
def largest(x: Tensor, count: int, axis: int) -> tuple[Tensor, Tensor]:
    """The largest values along an axis in descending order, and their indices; the last of equals first."""
    values, index = x.flip(axis).sort(dim=axis, descending=True, stable=True)
    index = x.shape[axis] - 1 - index.narrow(axis, 0, count)
    return values.narrow(axis, 0, count), index.to(x.dtype)
'''


@register
class ArgMax(Layer):
    """Indices of the ``top_k`` largest values in descending order; among equal values the last comes first.

    Shapes: bottom (N, ...). Without ``axis``, over all values of an item: top (N, 1, top_k), or (N, 2, top_k)
    with ``out_max_val``: the indices, then the values; with axes of 1 appended up to the number of axes of
    the bottom. With ``axis``: top as the bottom with a size of ``top_k`` along that axis; with
    ``out_max_val`` it holds the values instead of the indices. At least float32, no gradient. Source: Caffe's
    ``argmax_layer``.
    """

    family = "utility"
    no_gradient = "indices are step functions of the values"
    example = "axis: 1"
    messages = ("argmax_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.top_k = param.argmax_param.top_k
        self.out_max_val = param.argmax_param.out_max_val

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.argmax_param, bottoms[0]
        axis = _axis(param, shape)
        if not shape:
            raise LayerFault("a bottom without axes has no values to choose from", bottom=0)
        values = prod(shape[1:]) if axis is None else shape[axis]
        if not 1 <= p.top_k <= values:
            raise LayerFault(
                f"top_k is {p.top_k}; a bottom of shape {shape} has {values} values to choose from",
                field="argmax_param.top_k",
            )
        if axis is not None:
            return [(*shape[:axis], p.top_k, *shape[axis + 1 :])]
        return [(shape[0], 2 if p.out_max_val else 1, p.top_k, *(1,) * (len(shape) - 3))]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        source.helpers["largest"] = _LARGEST
        shape, top = bottoms.shapes[0], listed((-1, *bottoms.tops[0][1:]))
        if self.axis is not None:
            return f"largest({bottoms.first}, {self.top_k}, {self.axis})[{0 if self.out_max_val else 1}]"
        found = f"largest({bottoms.first}.reshape(-1, {prod(shape[1:])}), {self.top_k}, 1)"
        top_k = f"torch.stack({found}[::-1], 1)" if self.out_max_val else f"{found}[1]"
        return f"{top_k}.reshape({top})"

    @torch.no_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        axis = 1 if self.axis is None else self.axis
        values, index = self._largest(x.reshape(x.shape[0], -1) if self.axis is None else x, axis)
        places = index.to(torch.promote_types(x.dtype, torch.float32))
        if self.axis is not None:
            return values if self.out_max_val else places
        top = torch.stack([places, values.to(places.dtype)] if self.out_max_val else [places], 1)
        return top.reshape(*top.shape, *(1,) * (x.dim() - 3))

    def _largest(self, x: torch.Tensor, axis: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Values and indices; flipped, as torch's functions prefer the first of equal values."""
        flipped = x.flip(axis)
        if self.top_k == 1:
            values, index = flipped.max(axis, keepdim=True)
        else:
            values, index = flipped.sort(dim=axis, descending=True, stable=True)
            values, index = values.narrow(axis, 0, self.top_k), index.narrow(axis, 0, self.top_k)
        return values, x.shape[axis] - 1 - index


def _axis(param: LayerParameter, shape: Shape) -> int | None:
    p = param.argmax_param
    return canonical_axis(p.axis, len(shape), "argmax_param.axis") if p.HasField("axis") else None
