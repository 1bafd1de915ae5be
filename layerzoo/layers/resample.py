"""Resample: images of another size, by interpolation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.sampling import along_axes, cubic, linear, weights_of
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter, ResampleParameter


@register
class Resample(Layer):
    """Interpolate images to ``height`` x ``width`` pixels, or to the size of a second bottom.

    A smaller top is a mean over as many more pixels, unless ``antialias`` is false. As in the fork, the
    offset of half a pixel of each axis is that of the other axis, which shows if they are scaled differently.

    Shapes: bottom (N, C, H, W), optionally a second (any, any, H', W'); top (N, C, H', W'). Source:
    ``resample_layer`` of lmb-freiburg/flownet2; Ilg et al. 2017 (FlowNet 2).
    """

    family = "vision"
    example = "height: 4 width: 5"
    messages = ("resample_param",)
    ignores: ClassVar[Mapping[str, str]] = {"resample_param.factor": "the fork doesn't read it"}
    bottoms = between(1, 2)
    needs_images = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.resample_param
        if p.type == ResampleParameter.AREA:
            raise LayerFault(
                "type AREA doesn't exist, in the fork neither", field="resample_param.type",
                hint="set NEAREST, LINEAR or CUBIC",
            )  # fmt: skip
        size = (p.height, p.width) if len(bottoms) == 1 else bottoms[1][2:]
        for index, shape in enumerate(bottoms):
            if len(shape) != 4:
                raise LayerFault(f"bottom of shape {shape}; expected (N, C, H, W)", bottom=index)
        if min(size) < 1:
            raise LayerFault(
                f"a top of {size[0]} x {size[1]} pixels", field="resample_param.height",
                hint="set height and width, or give a second bottom",
            )  # fmt: skip
        if not all(bottoms[0][2:]):
            raise LayerFault(f"bottom of shape {bottoms[0]} has no pixels", bottom=0)
        return [(*bottoms[0][:2], *size)]

    def forward(self, x: Tensor, reference: Tensor | None = None) -> Tensor:
        p, (height, width) = self.param.resample_param, x.shape[2:]
        size = (p.height, p.width) if reference is None else tuple(reference.shape[2:])
        scale_y, scale_x = height / size[0], width / size[1]
        columns = _numbers(size[1], x) * scale_x + scale_y / 2 - 0.5
        rows = _numbers(size[0], x) * scale_y + scale_x / 2 - 0.5
        if p.type == ResampleParameter.NEAREST:
            nearest = [
                (places + 0.5).floor().long().clamp(0, most - 1)
                for places, most in ((rows, height), (columns, width))
            ]
            return x.index_select(2, nearest[0]).index_select(3, nearest[1])
        kernel = cubic if p.type == ResampleParameter.CUBIC else linear
        smooth = p.antialias and max(scale_x, scale_y) > 1
        down = weights_of(rows, height, kernel, scale_y if smooth else 1.0)
        across = weights_of(columns, width, kernel, scale_x if smooth else 1.0)
        return along_axes(x, down.to(x.dtype), across.to(x.dtype))


def _numbers(count: int, like: Tensor) -> Tensor:
    return torch.arange(count, dtype=torch.float64, device=like.device)
