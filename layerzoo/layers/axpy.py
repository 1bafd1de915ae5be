"""Axpy: scale the channels of a blob and add another."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Axpy(Layer):
    """``a x + y``: the second bottom, each of its channels scaled by the first, plus the third.

    Shapes: bottoms a (N, C) or (N, C, 1, 1), x and y (N, C, spatial...), top as x. Source: SENet's fork,
    ``axpy_layer``; Hu, Shen and Sun 2018.
    """

    family = "utility"
    bottoms = exactly(3)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        scale, x, y = bottoms
        if len(scale) not in (2, 4) or scale[:2] != x[:2] or any(size != 1 for size in scale[2:]):
            expected = x[:2]
            raise LayerFault(
                f"factors of shape {scale} for a second bottom of shape {x}; expected {expected} or "
                f"{(*expected, 1, 1)}",
                bottom=0,
                hint="the order is factors, blob to scale, blob to add",
            )
        if x != y:
            raise LayerFault(f"bottoms of shapes {x} and {y}; both must have the same shape", bottom=2)
        return [x]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        scale, x, y = bottoms.names
        sizes = (*bottoms.shapes[1][1:2], *(1,) * (len(bottoms.shapes[1]) - 2))
        return f"{scale}.reshape(-1, {', '.join(map(str, sizes))}) * {x} + {y}"

    def forward(self, scale: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.addcmul(y, scale.reshape(*x.shape[:2], *(1,) * (x.dim() - 2)), x)
