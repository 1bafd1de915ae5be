"""Eltwise: combine blobs element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import mul

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, at_least, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import EltwiseParameter, LayerParameter


@register
class Eltwise(Layer):
    """Sum (with one ``coeff`` per bottom), product or maximum of the bottoms.

    Between equal maxima in the first two bottoms, the second gets the gradient; a later bottom gets it only
    if it is larger than all before. The gradient of a product is exact for zeros too: ``stable_prod_grad`` is
    ignored, as the quotient that it selects is only faster in Caffe.

    Shapes: bottoms and top all the same. Source: Caffe's ``eltwise_layer``.
    """

    family = "utility"
    any_layout = True
    fresh_top = True
    example = "operation: SUM"
    messages = ("eltwise_param",)
    hints = ("eltwise_param.stable_prod_grad",)
    bottoms = at_least(2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.operation = param.eltwise_param.operation
        self.coeff = list(param.eltwise_param.coeff)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.eltwise_param.operation == EltwiseParameter.MAX:
            return {"eltwise_param.coeff": "only SUM uses coefficients"}
        return {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        for index, shape in enumerate(bottoms):
            if shape != bottoms[0]:
                raise LayerFault(
                    f"bottoms of shapes {bottoms[0]} and {shape}; all must have the same shape", bottom=index
                )
        p = param.eltwise_param
        if p.coeff and len(p.coeff) != len(bottoms):
            raise LayerFault(
                f"{len(p.coeff)} coefficients for {len(bottoms)} bottoms", field="eltwise_param.coeff"
            )
        if p.coeff and p.operation == EltwiseParameter.PROD:
            raise LayerFault("a product takes no coefficients", field="eltwise_param.coeff")
        return [bottoms[0]]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.operation == EltwiseParameter.PROD:
            return " * ".join(bottoms.names)
        if self.operation == EltwiseParameter.MAX:
            expression = bottoms.first
            for bottom in bottoms.names[1:]:
                expression = f"torch.maximum({expression}, {bottom})"
            return expression
        coeffs = self.coeff or [1] * len(bottoms.names)
        return " + ".join(
            b if c == 1 else f"{number(c)} * {b}" for b, c in zip(bottoms.names, coeffs, strict=True)
        )

    @property
    def is_sum(self) -> bool:
        return self.operation == EltwiseParameter.SUM and all(coeff == 1 for coeff in self.coeff)

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor:
        first, second, *rest = bottoms
        if self.operation == EltwiseParameter.PROD:
            return reduce(mul, rest, first * second)
        if self.operation == EltwiseParameter.MAX:
            # torch.maximum would split the gradient between equal values.
            top = torch.where(first > second, first, second)
            return reduce(lambda best, x: torch.where(x > best, x, best), rest, top)
        if not self.coeff:
            return sum(rest, first + second)
        top = first if self.coeff[0] == 1 else first * self.coeff[0]
        for x, coeff in zip(bottoms[1:], self.coeff[1:], strict=True):
            top = torch.add(top, x, alpha=coeff)
        return top
