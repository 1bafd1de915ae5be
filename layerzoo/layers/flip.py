"""Flip: mirror images."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Flip(Layer):
    """Images with left and right, or top and bottom, in the other order.

    Shapes: bottom (N, C, H, W), or less axes, which have nothing to mirror; top the same. Source:
    ``flip_layer`` of happynear/caffe-windows.
    """

    family = "vision"
    messages = ("flip_param",)
    example = "flip_width: true"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) > 4:
            raise LayerFault(f"a bottom of shape {bottoms[0]}; expected at most 4 axes", bottom=0)
        return super().top_shapes(param, bottoms)

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        return f"{bottoms.first}.flip({self._flipped(len(bottoms.shapes[0]))})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flip(self._flipped(x.ndim))

    def _flipped(self, axes: int) -> list[int]:
        p = self.param.flip_param
        return [axis for axis, flip in ((2, p.flip_height), (3, p.flip_width)) if flip and axis < axes]
