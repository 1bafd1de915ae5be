"""Reorg: blocks of pixels as channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import LayerParameter


@register
class Reorg(Layer):
    """Turn blocks of ``stride`` x ``stride`` pixels into channels; with ``reverse``, channels into blocks.

    As in darknet, the bottom is read as C/stride^2 channels of stride times its height and width before it
    is divided into blocks. So ``reverse`` doesn't undo it.

    Shapes: bottom (N, C, H, W), C a multiple of stride^2, H and W of stride; top (N, C stride^2, H/stride,
    W/stride); with ``reverse`` (N, C/stride^2, H stride, W stride). Source: ``reorg_layer`` of
    eric612/MobileNet-YOLO and intel/caffe; Redmon and Farhadi 2017 (YOLO9000).
    """

    family = "vision"
    example_bottoms = ((2, 4, 6, 8),)
    example = "stride: 2"
    messages = ("reorg_param",)
    needs_images = True
    passes_values = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.stride = param.reorg_param.stride
        self.reverse = param.reorg_param.reverse

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        (shape,) = bottoms
        stride, reverse = param.reorg_param.stride, param.reorg_param.reverse
        if not stride:
            raise LayerFault("stride must be set, and at least 1", field="reorg_param.stride")
        if len(shape) != 4:
            raise LayerFault(f"bottom of shape {shape}; expected (N, C, H, W)", bottom=0)
        n, channels, height, width = shape
        if channels % stride**2:
            raise LayerFault(
                f"{channels} channels can't be divided by stride^2 = {stride**2}",
                field="reorg_param.stride",
            )
        if reverse:
            return [(n, channels // stride**2, height * stride, width * stride)]
        if height % stride or width % stride:
            raise LayerFault(
                f"a bottom of {height} x {width} pixels can't be divided into blocks of {stride} x {stride}",
                field="reorg_param.stride",
            )
        return [(n, channels * stride**2, height // stride, width // stride)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        _, channels, height, width = bottoms.shapes[0]
        s, few = self.stride, channels // self.stride**2
        if self.reverse:
            split, order = (-1, s, s, few, height, width), (0, 3, 4, 1, 5, 2)
        else:
            split, order = (-1, few, height, s, width, s), (0, 3, 5, 1, 2, 4)
        joined = listed((-1, *bottoms.tops[0][1:]))
        return f"{bottoms.first}.reshape({listed(split)}).permute({listed(order)}).reshape({joined})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (n, channels, height, width), s = x.shape, self.stride
        few = channels // s**2
        if self.reverse:
            parts = x.reshape(n, s, s, few, height, width).permute(0, 3, 4, 1, 5, 2)
            return parts.reshape(n, few, height * s, width * s)
        parts = x.reshape(n, few, height, s, width, s).permute(0, 3, 5, 1, 2, 4)
        return parts.reshape(n, channels * s**2, height // s, width // s)
