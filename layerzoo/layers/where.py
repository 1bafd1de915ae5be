"""Where: choose between two blobs element by element."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.functional.broadcast import common_shape
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Where(Layer):
    """The second bottom where the first, the condition, isn't 0, and the third elsewhere.

    The last axes of the bottoms are aligned; an axis of size 1, or one that a bottom lacks, is repeated. The
    condition gets no gradient.

    Shapes: bottoms any that broadcast to one shape; top that shape. Source: ours; as numpy's ``where``.
    """

    family = "utility"
    any_layout = True
    bottoms = exactly(3)
    without_gradient = (0,)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return [common_shape(bottoms)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        condition, a, b = bottoms.names
        return f"torch.where({condition} != 0, {a}, {b})"

    def forward(self, condition: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.where(condition != 0, a, b)
