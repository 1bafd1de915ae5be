"""EltwiseAffine: a learned scale and shift of each channel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.functional.broadcast import spread, spread_source
from layerzoo.layer import Layer, OwnParam, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import FillerParameter, LayerParameter


@register
class EltwiseAffine(Layer):
    """``y = slope x + bias`` with a slope and a bias of each channel, or of all with ``channel_shared``.

    Without fillers, slope is 1.0001 and bias 0.0001 at first, as in the fork.

    Shapes: bottom (N, C, ...), top the same; ``slope``, ``bias`` (C), or () with ``channel_shared``. Source:
    caffe-windows, ``eltwise_affine_layer``.
    """

    family = "activation"
    messages = ("eltwise_affine_param",)
    param_names = ("slope", "bias")
    may_be_in_place = True
    slope: nn.Parameter
    bias: nn.Parameter

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) < 2:
            raise LayerFault(f"a bottom of shape {bottoms[0]}, expected (N, C, ...)", bottom=0)
        return [bottoms[0]]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p = param.eltwise_affine_param
        shape = () if p.channel_shared else bottoms[0][1:2]
        slope = p.slope_filler if p.HasField("slope_filler") else FillerParameter(value=1.0001)
        bias = p.bias_filler if p.HasField("bias_filler") else FillerParameter(value=0.0001)
        return [OwnParam("slope", shape, slope), OwnParam("bias", shape, bias)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        axes, shape = len(bottoms.shapes[0]), tuple(self.slope.shape)
        slope, bias = source.param("slope", self.slope), source.param("bias", self.bias)
        if not shape:
            return f"{bottoms.first} * {slope} + {bias}"
        spreads = (spread_source(blob, shape, 1, axes) for blob in (slope, bias))
        return "{} * {} + {}".format(bottoms.first, *spreads)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.addcmul(spread(self.bias, x, 1), x, spread(self.slope, x, 1))
