"""Gather: slices of a blob, chosen by indices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, canonical_axis, exactly, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import LayerParameter


@register
class Gather(LabelCheck, Layer):
    """Slices of the first bottom along ``axis``, one for each index in the second.

    The first ``batch_axes`` axes of both are the same: each item there has indices of its own. The indices
    are whole numbers in a blob of floats, as labels are, and get no gradient. One that is out of range is an
    error of the data.

    Shapes: bottoms (batch..., outer..., K, inner...) with K at ``axis``, and (batch..., index...) with
    indices from 0 to K - 1; top (batch..., outer..., index..., inner...). Source: ours; with an
    axis of 0 it is Caffe's BatchReindex.
    """

    family = "utility"
    example = "batch_axes: 1"
    example_bottoms = ((2, 3, 4), (2,))
    messages = ("gather_param",)
    bottoms = exactly(2)
    passes_values = True
    without_gradient = (1,)
    label_word = "index"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis, self.batch_axes = _axes(param, bottom_shapes[0]), param.gather_param.batch_axes

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        x, index = bottoms
        axis, batch = _axes(param, x), param.gather_param.batch_axes
        if index[:batch] != x[:batch]:
            raise LayerFault(
                f"bottoms of shapes {x} and {index} with {batch} batch axes; their first axes must be equal",
                bottom=1,
                hint="batch_axes is the number of axes that both share",
            )
        return [(*x[:axis], *index[batch:], *x[axis + 1 :])]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return shapes[0][_axes(param, shapes[0])] if bottom == 1 else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x, index = bottoms.names[0], f"{bottoms.names[1]}.long()"
        batch, axis = self.batch_axes, self.axis
        if not batch:
            return f"{x}[{':, ' * axis}{index}]"
        shape, ones = bottoms.shapes[0], (1,) * (len(bottoms.shapes[0]) - axis - 1)
        count = prod(bottoms.shapes[1][batch:])
        spread = listed((-1, *shape[1:batch], *(1,) * (axis - batch), count, *ones))
        sizes = listed((-1, *shape[1:axis], count, *shape[axis + 1 :]))
        top = listed((-1, *bottoms.tops[0][1:]))
        return f"{x}.gather({axis}, {index}.reshape({spread}).expand({sizes})).reshape({top})"

    def forward(self, x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        batch, axis = self.batch_axes, self.axis
        at = self.indices(index, x.shape[axis])
        top = (*x.shape[:axis], *index.shape[batch:], *x.shape[axis + 1 :])
        if not batch:
            return x.index_select(axis, at.flatten()).reshape(top)
        ones = (1,) * (x.dim() - axis - 1)
        at = at.reshape(*x.shape[:batch], *(1,) * (axis - batch), -1, *ones)
        return x.gather(axis, at.expand(*x.shape[:axis], -1, *x.shape[axis + 1 :])).reshape(top)


def _axes(param: LayerParameter, shape: Shape) -> int:
    """The axis that the indices count along, from 0.

    Raises:
        LayerFault: the blob has no such axis, or it is a batch axis.
    """
    p = param.gather_param
    if not p.HasField("axis"):
        return canonical_axis(p.batch_axes, len(shape), "gather_param.batch_axes")
    axis = canonical_axis(p.axis, len(shape), "gather_param.axis")
    if axis < p.batch_axes:
        raise LayerFault(
            f"axis {p.axis} is one of the {p.batch_axes} batch axes",
            field="gather_param.axis",
            hint="the indices count along an axis after them",
        )
    return axis
