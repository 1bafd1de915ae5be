"""The base of layers that convolve with learned filters."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

import torch
from torch import nn

from layerzoo.functional.convolution import Geometry, convolution_geometry, convolution_source, uneven_pads
from layerzoo.functional.layout import is_channels_last, mixed_channels
from layerzoo.functional.transforms import plain_only
from layerzoo.layer.arity import at_least
from layerzoo.layer.axes import canonical_axis
from layerzoo.layer.fusion import Filters, Joined, RunningSums
from layerzoo.layer.layer import Layer
from layerzoo.layer.own_params import OwnParam, Shape
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


class ConvolutionLayer(Layer):
    """A convolution by ``convolution_param``; `geometry_of` says which.

    Shapes: bottom (batch..., C, spatial...), top (batch..., filters, out...); ``weight`` (filters, C / group,
    kernel...); ``bias`` (filters).
    """

    family = "vision"
    any_layout = True
    fresh_top = True
    has_filters = True
    needs_images = True
    bottoms = at_least(1)
    tops = at_least(1)
    as_many_tops = True
    messages = ("convolution_param",)
    hints: ClassVar[tuple[str, ...]] = (
        "convolution_param.engine",
        "convolution_param.force_nd_im2col",
    )
    param_names = ("weight", "bias")
    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.geometry = self.geometry_of(param, bottom_shapes)

    @classmethod
    def geometry_of(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> Geometry:
        """The geometry of the convolution.

        Raises:
            LayerFault: the message or the shape of a bottom is invalid.
        """
        p = param.convolution_param
        axis = canonical_axis(p.axis, len(bottoms[0]), "convolution_param.axis")
        return convolution_geometry(p, bottoms, axis)

    @classmethod
    def outputs(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> int:
        """The number of filters: channels of the top."""
        return param.convolution_param.num_output

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        geometry = cls.geometry_of(param, bottoms)
        axis, shape = geometry.axis, bottoms[0]
        top = (*shape[:axis], cls.outputs(param, bottoms), *geometry.convolved(shape[axis + 1 :]))
        return [top] * len(bottoms)

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        geometry = cls.geometry_of(param, bottoms)
        p, filters = param.convolution_param, cls.outputs(param, bottoms)
        weight = (filters, bottoms[0][geometry.axis] // geometry.group, *geometry.window.kernel)
        own = [OwnParam("weight", weight, p.weight_filler)]
        return [*own, OwnParam("bias", (filters,), p.bias_filler)] if p.bias_term else own

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        geometry = cls.geometry_of(param, bottoms)
        inputs = bottoms[0][geometry.axis] // geometry.group * prod(geometry.window.kernel)
        return inputs * sum(map(prod, tops))

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        params = {"weight": self.weight, "bias": self.bias}
        return convolution_source(self.name, self.geometry, "Conv", source, bottoms, **params)

    def filters(self) -> Filters | None:
        axis, window, group = self.geometry
        if axis != 1 or len(window.kernel) != 2 or len(self.param.bottom) > 1:
            return None
        sides, window = uneven_pads(window)
        return Filters(self.weight, self.bias, window.stride, window.pad, window.dilation, group, sides)

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
