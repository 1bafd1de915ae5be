"""SoftTruncation: values that approach 1."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter


@register
class SoftTruncation(Layer):
    """Values that approach 1: ``y = 1 - exp(-x / c)``.

    Shapes: bottom any, top the same. Source: ``soft_truncation_layer`` of happynear/caffe-windows.
    """

    family = "activation"
    messages = ("soft_truncation_param",)
    may_be_in_place = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if not param.soft_truncation_param.c:
            raise LayerFault("c is 0, by which values are divided", field="soft_truncation_param.c")
        return super().top_shapes(param, bottoms)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1 - (x / -self.param.soft_truncation_param.c).exp()
