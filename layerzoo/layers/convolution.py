"""Convolution: learned filters over an image."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import nn

from layerzoo.functional.convolution import Geometry, convolution_geometry, convolution_source
from layerzoo.functional.layout import is_channels_last, mixed_channels
from layerzoo.functional.transforms import plain_only
from layerzoo.layer import (
    Filters,
    Joined,
    Layer,
    OwnParam,
    RunningSums,
    Shape,
    at_least,
    canonical_axis,
    register,
)
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter

from layerzoo.layer import ConvolutionLayer, register


@register
class Convolution(ConvolutionLayer):
    """Convolution: ``y = w * x + b``, with separate filters for each of ``group`` groups of channels.

    ``axis`` is the axis of the channels; the axes before it are batch axes, those after it, any number,
    spatial. Several bottoms of the same shape are convolved with the same filters, one top for each.

    Shapes: bottom (batch..., C, spatial...), top (batch..., num_output, out...) with ``out = (spatial + 2
    pad - dilation (kernel - 1) - 1) / stride + 1`` rounded down; ``weight`` (num_output, C / group,
    kernel...); ``bias`` (num_output). Source: Caffe's ``conv_layer``; LeCun et al. 1989; dilation: Yu and
    Koltun 2016; ``pad_l`` and its like: Synopsys' fork.
    """

    family = "vision"
    any_layout = True
    fresh_top = True
    has_filters = True
    needs_images = True
    example = 'num_output: 32 kernel_size: 3 pad: 1 weight_filler { type: "msra" }'
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
        top = (*shape[:axis], param.convolution_param.num_output, *window.convolved(shape[axis + 1 :]))
        return [top] * len(bottoms)

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        axis, window, group = _geometry(param, bottoms)
        p = param.convolution_param
        weight = (p.num_output, bottoms[0][axis] // group, *window.kernel)
        own = [OwnParam("weight", weight, p.weight_filler)]
        return [*own, OwnParam("bias", (p.num_output,), p.bias_filler)] if p.bias_term else own

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        axis, window, group = _geometry(param, bottoms)
        inputs = bottoms[0][axis] // group * prod(window.kernel)
        return inputs * sum(map(prod, tops))

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        params = {"weight": self.weight, "bias": self.bias}
        return convolution_source(self.name, self.geometry, "Conv", source, bottoms, **params)

    def filters(self) -> Filters | None:
        axis, window, group = self.geometry
        if axis != 1 or len(window.kernel) != 2 or len(self.param.bottom) > 1:
            return None
        return Filters(self.weight, self.bias, window.stride, window.pad, window.dilation, group)

    def joined(self, following: Sequence[Layer], sums: RunningSums) -> Joined | None:
        """Filters of one pixel as a matrix product, where torch has a slow path, and an activation."""
        filters = self.filters()
        if filters is None or not filters.is_product:
            return None
        activation = following[0].activation() if following else None

        def call(x: torch.Tensor) -> torch.Tensor:
            if not is_channels_last(x) or x.shape[0] >= 16 or torch.get_num_threads() > 1 or plain_only():
                y = self(x)
                return y if activation is None else activation.overwrite(y)
            pixels = mixed_channels(x, self.weight, self.bias)
            return (pixels if activation is None else activation.overwrite(pixels)).permute(0, 3, 1, 2)

        return Joined(call, int(activation is not None))

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        if len(bottoms) == 1:
            return self.geometry.convolve(bottoms[0], self.weight, self.bias)
        return tuple(self.geometry.convolve(x, self.weight, self.bias) for x in bottoms)


def _geometry(param: LayerParameter, bottoms: Sequence[Shape]) -> Geometry:
    p = param.convolution_param
    axis = canonical_axis(p.axis, len(bottoms[0]), "convolution_param.axis")
    return convolution_geometry(p, bottoms, axis)

    example = 'num_output: 32 kernel_size: 3 pad: 1 weight_filler { type: "msra" }'
