"""Reduction: reduce axes to one number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter, ReductionParameter

_NAMES: Final = {
    ReductionParameter.MEAN: "mean",
    ReductionParameter.MAX: "amax",
    ReductionParameter.MIN: "amin",
}
"""Torch's functions; the others are sums."""
_EXTREMA: Final = (ReductionParameter.MAX, ReductionParameter.MIN)


@register
class Reduction(Layer):
    """Sum, sum of absolute values, sum of squares, mean, maximum or minimum over axes, times ``coeff``.

    They are the axes from ``axis`` on, or those of ``axes``.

    Shapes: bottom (outer..., K...), top (outer...); () for ``axis`` 0; with ``axes`` the bottom's without
    these, with ``keep_axes`` they have size 1. Source: Caffe's ``reduction_layer``.
    """

    family = "utility"
    example = "operation: MEAN axis: 1"
    messages = ("reduction_param",)
    stays_fp32 = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axes = _axes(param, bottom_shapes[0])
        self.keep = param.reduction_param.keep_axes
        self.operation = param.reduction_param.operation
        self.coeff = param.reduction_param.coeff

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axes, keep = _axes(param, bottoms[0]), param.reduction_param.keep_axes
        for axis in axes:
            if not bottoms[0][axis] and param.reduction_param.operation in _EXTREMA:
                raise LayerFault(f"axis {axis} of {bottoms[0]} has no elements to compare", bottom=0)
        sizes = ((axis, size) for axis, size in enumerate(bottoms[0]) if keep or axis not in axes)
        return [tuple(1 if axis in axes else size for axis, size in sizes)]

    @property
    def couples_samples(self) -> str | None:
        if 0 not in self.axes:
            return None
        of_means = self.operation == ReductionParameter.MEAN and any(self.param.loss_weight)
        return None if of_means else "it reduces the samples of its batch to one"

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        changed = {ReductionParameter.ASUM: ".abs()", ReductionParameter.SUMSQ: ".square()"}
        kept = ", keepdim=True" if self.keep else ""
        name = _NAMES.get(self.operation, "sum")
        top = f"{bottoms.first}{changed.get(self.operation, '')}.{name}({self.axes}{kept})"
        return top if self.coeff == 1 else f"{top} * {number(self.coeff)}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.operation == ReductionParameter.ASUM:
            x = x.abs()
        elif self.operation == ReductionParameter.SUMSQ:
            x = x.square()
        top: torch.Tensor = getattr(x, _NAMES.get(self.operation, "sum"))(self.axes, keepdim=self.keep)
        return top if self.coeff == 1 else top * self.coeff


def _axes(param: LayerParameter, shape: Shape) -> tuple[int, ...]:
    """The axes to reduce, from 0, in rising order."""
    p = param.reduction_param
    if not p.axes:
        return tuple(range(canonical_axis(p.axis, len(shape), "reduction_param.axis"), len(shape)))
    if p.HasField("axis"):
        raise LayerFault(
            "both axis and axes are given",
            field="reduction_param.axes",
            hint="axis: N is all axes from N on, axes: N is this one alone; keep one of them",
        )
    axes = sorted(canonical_axis(axis, len(shape), "reduction_param.axes") for axis in p.axes)
    for axis, following in pairwise(axes):
        if axis == following:
            raise LayerFault(f"axis {axis} of {shape} is given twice", field="reduction_param.axes")
    return tuple(axes)
