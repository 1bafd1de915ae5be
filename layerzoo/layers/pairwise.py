"""Pairwise: one value from each pair of items of two bottoms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter, PairwiseParameter


@register
class Pairwise(Layer):
    """Sum, product or maximum of each pair of items, one of each bottom: ``y[m, n] = f(a[m], b[n])``.

    Where a maximum is reached by both, ``b`` gets the gradient.

    Shapes: bottoms (M, K) and (N, K); top (M, N, K). Source: ``pairwise_layer`` of happynear/caffe-windows.
    """

    family = "common"
    messages = ("pairwise_param",)
    example = "operation: SUM"
    bottoms = exactly(2)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.pairwise_param.operation == PairwiseParameter.MAX:
            return {"pairwise_param.coeff": "only a sum has weights"}
        return {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.pairwise_param
        a, b = bottoms
        for index, shape in enumerate(bottoms):
            if len(shape) < 2 or prod(shape[2:]) != 1 or shape[1] != a[1]:
                raise LayerFault(f"bottoms of shapes {a} and {b}; expected (M, K) and (N, K)", bottom=index)
        if p.operation == PairwiseParameter.PROD and p.coeff:
            raise LayerFault("only a sum has weights", field="pairwise_param.coeff")
        if len(p.coeff) not in (0, 2):
            raise LayerFault(
                f"{len(p.coeff)} weights for 2 bottoms", field="pairwise_param.coeff", hint="give 2, or none"
            )
        return [(a[0], b[0], a[1])]

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        p = self.param.pairwise_param
        a, b = a.flatten(1)[:, None], b.flatten(1)
        if p.operation == PairwiseParameter.PROD:
            return a * b
        if p.operation == PairwiseParameter.MAX:
            return torch.where(a > b, a, b)
        first, second = p.coeff or (1.0, 1.0)
        return first * a + second * b
