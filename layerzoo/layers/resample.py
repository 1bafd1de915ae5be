"""Resample: images of another size, by interpolation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.sampling import along_axes, cubic, linear, weights_of
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter, ResampleParameter

_LARGEST_FACTOR = 1024


@register
class Resample(Layer):
    """Interpolate images to ``height`` x ``width`` pixels, or to the size of a second bottom.

    Without either, ``factor`` times the size of the first, as in the first FlowNet and OpenCV.

    A smaller top is a mean over as many more pixels, unless ``antialias`` is false. As in the fork, the
    offset of half a pixel of each axis is that of the other axis, which shows if they are scaled differently.

    Shapes: bottom (N, C, H, W), optionally a second (any, any, H', W'); top (N, C, H', W'). Source:
    ``resample_layer`` of lmb-freiburg/flownet2; Ilg et al. 2017 (FlowNet 2).
    """

    family = "vision"
    example = "height: 4 width: 5"
    messages = ("resample_param",)
    bottoms = between(1, 2)
    needs_images = True
    interpolates = True

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        p = param.resample_param
        given = "the second bottom gives" if len(param.bottom) > 1 else "height and width give"
        unread = len(param.bottom) > 1 or p.height or p.width
        return {"resample_param.factor": f"{given} the size"} if unread else {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.resample_param
        if p.type == ResampleParameter.AREA:
            raise LayerFault(
                "type AREA doesn't exist, in the fork neither", field="resample_param.type",
                hint="set NEAREST, LINEAR or CUBIC",
            )  # fmt: skip
        for index, shape in enumerate(bottoms):
            if len(shape) != 4:
                raise LayerFault(f"bottom of shape {shape}; expected (N, C, H, W)", bottom=index)
        if not 0 < p.factor <= _LARGEST_FACTOR:
            raise LayerFault(
                f"factor {p.factor:g}; expected a number above 0 and at most {_LARGEST_FACTOR}",
                field="resample_param.factor",
            )
        size = _size(p, bottoms)
        if min(size) < 1:
            raise LayerFault(
                f"a top of {size[0]} x {size[1]} pixels", field="resample_param.height",
                hint="set height and width, or factor, or give a second bottom",
            )  # fmt: skip
        if not all(bottoms[0][2:]):
            raise LayerFault(f"bottom of shape {bottoms[0]} has no pixels", bottom=0)
        return [(*bottoms[0][:2], *size)]

    def forward(self, x: Tensor, reference: Tensor | None = None) -> Tensor:
        p, (height, width) = self.param.resample_param, x.shape[2:]
        size = _size(p, [tuple(x.shape)] if reference is None else [tuple(x.shape), tuple(reference.shape)])
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


def _size(p: ResampleParameter, bottoms: Sequence[Shape]) -> tuple[int, int]:
    """Height and width of the top."""
    if len(bottoms) > 1 or p.height or p.width or not p.HasField("factor"):
        return bottoms[1][2:] if len(bottoms) > 1 else (p.height, p.width)  # type: ignore[return-value]  # two axes
    return int(bottoms[0][2] * p.factor), int(bottoms[0][3] * p.factor)


def _numbers(count: int, like: Tensor) -> Tensor:
    return torch.arange(count, dtype=torch.float64, device=like.device)
