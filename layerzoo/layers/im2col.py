"""Im2col: unroll the convolution windows of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import ClassVar

import torch
from torch.nn import functional as F

from layerzoo.functional.padding import border
from layerzoo.functional.window import Window, convolution_window
from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.schema import LayerParameter


@register
class Im2col(Layer):
    """Unroll the elements of each convolution window into the axis of the channels.

    It reads the window and ``axis`` from ``convolution_param``.

    Shapes: bottom (batch..., C, spatial...), top (batch..., C * kernel..., out...) with ``out`` as
    Convolution's. Source: Caffe's ``im2col_layer``.
    """

    family = "vision"
    needs_images = True
    example = "kernel_size: 3"
    messages = ("convolution_param",)
    hints = ("convolution_param.engine", "convolution_param.force_nd_im2col")
    ignores: ClassVar[Mapping[str, str]] = {
        f"convolution_param.{name}": "it only rearranges its bottom and has no params"
        for name in ("num_output", "bias_term", "group", "weight_filler", "bias_filler")
    }

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis, self.window = _geometry(param, bottom_shapes[0])

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape = bottoms[0]
        axis, window = _geometry(param, shape)
        channels = shape[axis] * prod(window.kernel)
        return [(*shape[:axis], channels, *window.convolved(shape[axis + 1 :]))]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride, _, dilation, _ = self.window
        axis, spatial = self.axis, range(len(kernel))
        tops = self.window.convolved(x.shape[axis + 1 :])
        padded = F.pad(x, border(*zip(*self.window.pads, strict=True))) if kernel else x
        # One index per spatial axis, over (kernel..., out...); indexing with all of them gives every window.
        places = partial(torch.arange, device=x.device)
        index = [
            (places(kernel[i])[:, None] * dilation[i] + places(tops[i]) * stride[i]).reshape(
                [*(kernel[j] if j == i else 1 for j in spatial), *(tops[j] if j == i else 1 for j in spatial)]
            )
            for i in spatial
        ]
        columns = padded[(..., *index)] if index else padded  # type: ignore[index] # an ellipsis is one
        return columns.reshape(*x.shape[:axis], -1, *tops)


def _geometry(param: LayerParameter, shape: Shape) -> tuple[int, Window]:
    p = param.convolution_param
    axis = canonical_axis(p.axis, len(shape), "convolution_param.axis")
    return axis, convolution_window(p, len(shape) - axis - 1)
