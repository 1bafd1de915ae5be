"""Deconvolution: transposed convolution, e.g. for upsampling."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.functional.convolution import Geometry, convolution_geometry, convolution_source
from layerzoo.functional.window import SIDES
from layerzoo.layer import Layer, OwnParam, Shape, at_least, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class Deconvolution(Layer):
    """Transposed convolution: the top is the sum of filters scaled by the elements of the bottom.

    It reads ``convolution_param``; ``stride`` upsamples and ``pad`` crops the top. ``axis`` is the axis of
    the channels, the axes before it are batch axes. Several bottoms of the same shape give one top each.

    Shapes: bottom (batch..., C, spatial...), top (batch..., num_output, out...) with ``out = stride (spatial
    - 1) + dilation (kernel - 1) + 1 - 2 pad``; ``weight`` (C, num_output / group, kernel...); ``bias``
    (num_output). Source: Caffe's ``deconv_layer``; Long, Shelhamer and Darrell 2015.
    """

    family = "vision"
    any_layout = True
    fresh_top = True
    needs_images = True
    example = "num_output: 16 kernel_size: 4 stride: 2 pad: 1"
    bottoms = at_least(1)
    tops = at_least(1)
    as_many_tops = True
    messages = ("convolution_param",)
    hints = ("convolution_param.engine", "convolution_param.force_nd_im2col")
    param_names = ("weight", "bias")
    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.geometry = _geometry(param, bottom_shapes)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        axis, window, _ = _geometry(param, bottoms)
        shape = bottoms[0]
        top = (*shape[:axis], param.convolution_param.num_output, *window.deconvolved(shape[axis + 1 :]))
        return [top] * len(bottoms)

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        axis, window, group = _geometry(param, bottoms)
        p = param.convolution_param
        weight = (bottoms[0][axis], p.num_output // group, *window.kernel)
        own = [OwnParam("weight", weight, p.weight_filler)]
        return [*own, OwnParam("bias", (p.num_output,), p.bias_filler)] if p.bias_term else own

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        _, window, group = _geometry(param, bottoms)
        return param.convolution_param.num_output // group * prod(window.kernel) * sum(map(prod, bottoms))

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        params = {"weight": self.weight, "bias": self.bias}
        return convolution_source(self.name, self.geometry, "ConvTranspose", source, bottoms, **params)

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        if len(bottoms) == 1:
            return self.geometry.deconvolve(bottoms[0], self.weight, self.bias)
        return tuple(self.geometry.deconvolve(x, self.weight, self.bias) for x in bottoms)


def _geometry(param: LayerParameter, bottoms: Sequence[Shape]) -> Geometry:
    p = param.convolution_param
    axis = canonical_axis(p.axis, len(bottoms[0]), "convolution_param.axis")
    for name in SIDES:
        sides = getattr(p, name)
        if any(sides) if name in {"pad_begin", "pad_end"} else sides:
            hint = "give pad, which crops the top; Crop cuts a side off"
            raise LayerFault("only Convolution pads a side", field=f"convolution_param.{name}", hint=hint)
    return convolution_geometry(p, bottoms, axis)
