"""MatMul: the product of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.broadcast import common_shape
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class MatMul(Layer):
    """The product of the matrices in the last two axes of both bottoms, times ``coeff``.

    The axes before are batch axes: they are aligned from the last on, and one of size 1, or one that a bottom
    lacks, is repeated.

    Shapes: bottoms (batch..., M, K) and (batch..., K, P), or (batch..., K, M) with ``transpose_a`` and
    (batch..., P, K) with ``transpose_b``; top (batch..., M, P). Source: ours; as numpy's
    ``matmul``.
    """

    family = "utility"
    any_layout = True
    example = "transpose_b: true"
    example_bottoms = ((2, 3, 4), (2, 5, 4))
    messages = ("matmul_param",)
    bottoms = exactly(2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.matmul_param
        self.transposed = p.transpose_a, p.transpose_b
        self.coeff = p.coeff

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        for index, shape in enumerate(bottoms):
            if len(shape) < 2:
                raise LayerFault(
                    f"a bottom of shape {shape}; expected at least 2 axes, those of a matrix",
                    bottom=index,
                    hint="Reshape adds an axis",
                )
        (rows, inner), (other, columns) = _sizes(param, bottoms)
        if inner != other:
            raise LayerFault(
                f"matrices of {rows} x {inner} and {other} x {columns}, after transposition, have no product",
                bottom=1,
                hint="the columns of the first must be as many as the rows of the second; transpose_a and "
                "transpose_b swap them",
            )
        batch = common_shape([shape[:-2] for shape in bottoms], "batch axes")
        return [(*batch, rows, columns)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(tops[0]) * _sizes(param, bottoms)[0][1]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        pairs = zip(bottoms.names, self.transposed, strict=True)
        a, b = (f"{name}.mT" if turned else name for name, turned in pairs)
        return f"{a} @ {b}" if self.coeff == 1 else f"{number(self.coeff)} * ({a} @ {b})"

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        a, b = (x.mT if turned else x for x, turned in zip((a, b), self.transposed, strict=True))
        return a @ b if self.coeff == 1 else a @ b * self.coeff


def _sizes(param: LayerParameter, bottoms: Sequence[Shape]) -> list[tuple[int, int]]:
    """Rows and columns of both matrices, after transposition."""
    p = param.matmul_param
    turned = (p.transpose_a, p.transpose_b)
    return [
        (shape[-1], shape[-2]) if turn else (shape[-2], shape[-1])
        for shape, turn in zip(bottoms, turned, strict=True)
    ]
