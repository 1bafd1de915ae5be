"""Compare: 1 where a comparison holds."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.broadcast import common_shape
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import CompareParameter, LayerParameter

_OPERATIONS: Final[dict[int, tuple[str, Callable[[Any, Any], Any]]]] = {
    CompareParameter.EQUAL: ("==", operator.eq),
    CompareParameter.NOT_EQUAL: ("!=", operator.ne),
    CompareParameter.LESS: ("<", operator.lt),
    CompareParameter.LESS_EQUAL: ("<=", operator.le),
    CompareParameter.GREATER: (">", operator.gt),
    CompareParameter.GREATER_EQUAL: (">=", operator.ge),
}


@register
class Compare(Layer):
    """1 where a comparison of the bottom with ``value``, or with a second bottom, holds, and 0 elsewhere.

    The last axes of two bottoms are aligned; an axis of size 1, or one that a bottom lacks, is repeated.

    Shapes: bottom any, top the same; of two bottoms the shape that they broadcast to. Source: ours; with
    one bottom and GREATER it is Caffe's Threshold.
    """

    family = "utility"
    any_layout = True
    example = "operation: GREATER value: 0.5"
    messages = ("compare_param",)
    bottoms = between(1, 2)
    stays_fp32 = True  # 257 and 258 are equal in bfloat16
    without_gradient = (0, 1)
    no_gradient = "its top is 0 or 1, which no small change of a bottom changes"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.sign, self.compared = _OPERATIONS[param.compare_param.operation]
        self.value = param.compare_param.value

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms) == 1:
            return [bottoms[0]]
        if param.compare_param.HasField("value"):
            raise LayerFault(
                f"both value {param.compare_param.value:g} and a second bottom are given",
                field="compare_param.value",
                hint="keep one of them",
            )
        return [common_shape(bottoms)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        first, *more = bottoms.names
        return f"({first} {self.sign} {more[0] if more else number(self.value)}).to({first}.dtype)"

    def forward(self, x: torch.Tensor, other: torch.Tensor | None = None) -> torch.Tensor:
        holds: torch.Tensor = self.compared(x.detach(), self.value if other is None else other.detach())
        return holds.to(x.dtype)
