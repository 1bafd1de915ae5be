"""L2Normalize: divide each vector of channels by its norm."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class L2Normalize(Layer):
    """Divide the channels at each position by their L2 norm; a vector of zeros stays one.

    Shapes: bottom (N, C, ...), top the same. Source: forks of Caffe for metric learning (N-pair loss: Sohn
    2016), ``l2_normalize_layer``.
    """

    family = "normalisation"
    stays_fp32 = True
    may_be_in_place = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) < 2:
            raise LayerFault(f"a bottom of shape {bottoms[0]}, expected (N, C, ...)", bottom=0)
        return [bottoms[0]]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.normalize({bottoms.first}, dim=1)"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.normalize(x, dim=1)
