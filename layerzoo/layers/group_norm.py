"""GroupNorm: normalise groups of channels of each sample."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter


@register
class GroupNorm(Layer):
    """Normalise to mean 0 and variance 1 over the channels of a group and all positions, sample by sample.

    Scale and offset are learned by a following Scale layer.

    Shapes: bottom (N, C, ...), top the same. Source: GroupNorm-caffe, ``group_norm_layer``; Wu and He 2018.
    """

    family = "normalisation"
    example = "group_num: 2"
    messages = ("group_norm_param",)
    stays_fp32 = True
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.groups = param.group_norm_param.group_num
        self.eps = param.group_norm_param.eps

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, p = bottoms[0], param.group_norm_param
        if len(shape) < 2:
            raise LayerFault(f"a bottom of shape {shape}, expected (N, C, ...)", bottom=0)
        if p.group_num < 1 or shape[1] % p.group_num:
            raise LayerFault(
                f"group_num {p.group_num} doesn't divide the {shape[1]} channels of a bottom {shape}",
                field="group_norm_param.group_num",
            )
        if not p.eps >= 0:
            raise LayerFault(f"eps {p.eps:g} is below 0", field="group_norm_param.eps")
        return [shape]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"F.group_norm({bottoms.first}, {self.groups}, eps={number(self.eps)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.group_norm(x, self.groups, eps=self.eps)
