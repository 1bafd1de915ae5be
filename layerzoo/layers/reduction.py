"""Reduction: reduce trailing axes to one number."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter, ReductionParameter


@register
class Reduction(Layer):
    """Sum, sum of absolute values, sum of squares or mean over the axes from ``axis`` on, times ``coeff``.

    Shapes: bottom (outer..., K...), top (outer...); () for ``axis`` 0. Source: Caffe's ``reduction_layer``.
    """

    family = "utility"
    example = "operation: MEAN axis: 1"
    messages = ("reduction_param",)
    stays_fp32 = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.operation = param.reduction_param.operation
        self.coeff = param.reduction_param.coeff

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return [bottoms[0][: _axis(param, bottoms[0])]]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        axes = tuple(range(self.axis, len(bottoms.shapes[0])))
        changed = {ReductionParameter.ASUM: ".abs()", ReductionParameter.SUMSQ: ".square()"}
        name = "mean" if self.operation == ReductionParameter.MEAN else "sum"
        top = f"{bottoms.first}{changed.get(self.operation, '')}.{name}({axes})"
        return top if self.coeff == 1 else f"{top} * {number(self.coeff)}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.operation == ReductionParameter.ASUM:
            x = x.abs()
        elif self.operation == ReductionParameter.SUMSQ:
            x = x.square()
        axes = tuple(range(self.axis, x.dim()))
        top = x.mean(axes) if self.operation == ReductionParameter.MEAN else x.sum(axes)
        return top if self.coeff == 1 else top * self.coeff


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.reduction_param.axis, len(shape), "reduction_param.axis")
