"""Accum: blobs of several sizes as channels of one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, at_least, register
from layerzoo.schema import LayerParameter


@register
class Accum(Layer):
    """Enlarge blobs to one size and concatenate their channels.

    Linear interpolation; the corners of all blobs coincide. The size is that of the last bottom with
    ``have_reference``, whose values aren't used; otherwise the largest height and width of the bottoms,
    rounded up to multiples of ``size_divisible_by``, or ``top_height`` x ``top_width`` if both are larger.

    Shapes: bottoms (N, C, H, W) of any sizes; top (N, sum of C, H', W'). Source: ``accum_layer`` of
    lmb-freiburg/flownet2; Ilg et al. 2017 (FlowNet 2).
    """

    family = "vision"
    messages = ("accum_param",)
    bottoms = at_least(1)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.accum_param
        for index, shape in enumerate(bottoms):
            if len(shape) != 4 or not all(shape[2:]):
                raise LayerFault(f"bottom of shape {shape}; expected (N, C, H, W)", bottom=index)
        parts = bottoms[:-1] if p.have_reference else bottoms
        if not parts:
            raise LayerFault("have_reference needs a second bottom", field="accum_param.have_reference")
        for index, shape in enumerate(parts):
            if shape[0] != parts[0][0]:
                raise LayerFault(
                    f"bottoms of shapes {parts[0]} and {shape}; both must have as many images", bottom=index
                )
        return [(parts[0][0], sum(shape[1] for shape in parts), *_size(param, bottoms))]

    def forward(self, *bottoms: Tensor) -> Tensor:
        p = self.param.accum_param
        size = _size(self.param, [tuple(bottom.shape) for bottom in bottoms])
        parts = bottoms[:-1] if p.have_reference else bottoms
        return torch.cat(
            [
                part
                if part.shape[2:] == size
                else nn.functional.interpolate(part, size, mode="bilinear", align_corners=True)
                for part in parts
            ],
            1,
        )


def _size(param: LayerParameter, bottoms: Sequence[Shape]) -> tuple[int, int]:
    """Height and width of the top."""
    p = param.accum_param
    if p.have_reference:
        return bottoms[-1][2], bottoms[-1][3]
    height, width = max(shape[2] for shape in bottoms), max(shape[3] for shape in bottoms)
    wanted = (p.top_height, p.top_width)
    if p.size_divisible_by:
        wanted = (_rounded(height, p.size_divisible_by), _rounded(width, p.size_divisible_by))
    larger = wanted[0] > height and wanted[1] > width  # as in the fork: both or none
    return wanted if larger else (height, width)


def _rounded(size: int, step: int) -> int:
    return -(-size // step) * step
