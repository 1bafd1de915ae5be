"""Eltwise: combine blobs element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import prod
from operator import mul, truediv
from typing import Final

import torch

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.broadcast import common_shape
from layerzoo.layer import Layer, Shape, at_least, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import EltwiseParameter, LayerParameter

_WITHOUT_COEFF: Final = {
    EltwiseParameter.PROD: "a product",
    EltwiseParameter.DIV: "a quotient",
    EltwiseParameter.MIN: "a minimum",
}
"""Operations that refuse coefficients; Caffe ignores them for a maximum."""


@register
class Eltwise(Layer):
    """Sum (with one ``coeff`` per bottom), product, quotient, maximum or minimum of the bottoms.

    SORT is the product of 1 + x; DIV divides the first bottom by all others. Between equal maxima in the
    first two bottoms, the second gets the gradient; a later bottom gets it only if it is larger than all
    before; minima likewise. The gradient of a product is exact for zeros too: ``stable_prod_grad`` is
    ignored, as the quotient that it selects is only faster in Caffe.

    With ``broadcast`` the last axes of the bottoms are aligned; an axis of size 1, or one that a bottom
    lacks, is repeated. With ``coeff_blob`` the last bottom holds a further factor for each other bottom and
    sample.

    Shapes: bottoms and top all the same, but for (bottoms, N) of ``coeff_blob``; with ``broadcast`` any that
    broadcast to the top's. Source: Caffe's ``eltwise_layer``; SORT: caffe-windows; ``coeff_blob``: LISA's
    fork (stochastic depth).
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
        self.by_sample = param.eltwise_param.coeff_blob
        self.broadcast = param.eltwise_param.broadcast

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.eltwise_param.operation in (EltwiseParameter.MAX, EltwiseParameter.SORT):
            return {"eltwise_param.coeff": "only SUM uses coefficients"}
        return {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.eltwise_param
        if p.coeff_blob:
            bottoms = _without_factors(param, bottoms)
        top = common_shape(bottoms) if p.broadcast else _same_shape(bottoms)
        if p.coeff and len(p.coeff) != len(bottoms):
            raise LayerFault(
                f"{len(p.coeff)} coefficients for {len(bottoms)} bottoms", field="eltwise_param.coeff"
            )
        if p.coeff and p.operation in _WITHOUT_COEFF:
            raise LayerFault(
                f"{_WITHOUT_COEFF[p.operation]} takes no coefficients", field="eltwise_param.coeff"
            )
        return [top]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.by_sample:
            raise ExportError(f"layer '{self.name}': factors as a bottom can't be written")
        if self.operation == EltwiseParameter.PROD:
            return " * ".join(bottoms.names)
        if self.operation == EltwiseParameter.DIV:
            return " / ".join(bottoms.names)
        if self.operation == EltwiseParameter.SORT:
            return " * ".join(f"(1 + {name})" for name in bottoms.names)
        if self.operation in (EltwiseParameter.MAX, EltwiseParameter.MIN):
            name = "maximum" if self.operation == EltwiseParameter.MAX else "minimum"
            return reduce(lambda best, bottom: f"torch.{name}({best}, {bottom})", bottoms.names)
        coeffs = self.coeff or [1] * len(bottoms.names)
        return " + ".join(
            b if c == 1 else f"{number(c)} * {b}" for b, c in zip(bottoms.names, coeffs, strict=True)
        )

    @property
    def is_sum(self) -> bool:
        plain = self.operation == EltwiseParameter.SUM and not (self.by_sample or self.broadcast)
        return plain and all(coeff == 1 for coeff in self.coeff)

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor:
        if self.by_sample:
            return self._sum_by_sample(bottoms[:-1], bottoms[-1])
        first, second, *rest = bottoms
        if self.operation == EltwiseParameter.SORT:
            return reduce(lambda product, x: product * (1 + x), rest, (1 + first) * (1 + second))
        if self.operation == EltwiseParameter.PROD:
            return reduce(mul, rest, first * second)
        if self.operation == EltwiseParameter.DIV:
            return reduce(truediv, rest, first / second)
        if self.operation == EltwiseParameter.MAX:
            # torch.maximum would split the gradient between equal values.
            top = torch.where(first > second, first, second)
            return reduce(lambda best, x: torch.where(x > best, x, best), rest, top)
        if self.operation == EltwiseParameter.MIN:
            top = torch.where(first < second, first, second)
            return reduce(lambda best, x: torch.where(x < best, x, best), rest, top)
        if not self.coeff:
            return sum(rest, first + second)
        top = first if self.coeff[0] == 1 else first * self.coeff[0]
        for x, coeff in zip(bottoms[1:], self.coeff[1:], strict=True):
            top = torch.add(top, x, alpha=coeff)
        return top

    def _sum_by_sample(self, bottoms: Sequence[torch.Tensor], factors: torch.Tensor) -> torch.Tensor:
        count, samples = len(bottoms), bottoms[0].shape[0]
        factors = factors.detach().reshape(count, samples, *(1,) * (bottoms[0].dim() - 1))
        coeff = self.coeff or [1] * count
        return reduce(
            torch.add, (x * (row * c) for x, row, c in zip(bottoms, factors.unbind(), coeff, strict=True))
        )


def _same_shape(bottoms: Sequence[Shape]) -> Shape:
    """The shape of all bottoms."""
    for index, shape in enumerate(bottoms):
        if shape != bottoms[0]:
            raise LayerFault(
                f"bottoms of shapes {bottoms[0]} and {shape}; all must have the same shape",
                bottom=index,
                hint="broadcast: true repeats axes" if _may_broadcast(bottoms) else None,
            )
    return bottoms[0]


def _may_broadcast(bottoms: Sequence[Shape]) -> bool:
    try:
        common_shape(bottoms)
    except LayerFault:
        return False
    return True


def _without_factors(param: LayerParameter, bottoms: Sequence[Shape]) -> Sequence[Shape]:
    """The shapes of the bottoms that are summed; the last one, checked, holds their factors."""
    *summed, factors = bottoms
    samples = summed[0][0] if summed[0] else 0
    if param.eltwise_param.broadcast:
        raise LayerFault("broadcast beside factors as a bottom", field="eltwise_param.broadcast")
    if param.eltwise_param.operation != EltwiseParameter.SUM:
        raise LayerFault("only a SUM takes factors as a bottom", field="eltwise_param.coeff_blob")
    if prod(factors) != len(summed) * samples:
        raise LayerFault(
            f"factors of shape {factors}; expected {(len(summed), samples)}, for each bottom and sample",
            bottom=len(summed),
        )
    return summed
