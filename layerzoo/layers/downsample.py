"""Downsample: smaller blobs, by means that leave out NaN."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.sampling import along_axes, linear, weights_of
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class Downsample(Layer):
    """Means over the neighbourhood of each pixel of a smaller top; NaN is left out.

    The weight of a pixel falls linearly with its distance, to 0 at the next pixel of the top. A pixel of the
    top is NaN if the weight of NaN is more than half of that of the other pixels. The corners of both blobs
    coincide.

    Shapes: bottom (N, C, H, W), optionally a second (any, any, H', W'); top (N, C, H', W'), of
    ``top_height`` x ``top_width`` unless there is a second bottom. Source: ``downsample_layer`` of
    lmb-freiburg/flownet2; Dosovitskiy et al. 2015 (FlowNet).
    """

    family = "vision"
    example = "top_height: 2 top_width: 2"
    messages = ("downsample_param",)
    bottoms = between(1, 2)
    no_gradient = "the fork has no backward pass: it is for ground truth"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.downsample_param
        for index, shape in enumerate(bottoms):
            if len(shape) != 4:
                raise LayerFault(f"bottom of shape {shape}; expected (N, C, H, W)", bottom=index)
        size = (p.top_height, p.top_width) if len(bottoms) == 1 else bottoms[1][2:]
        if min(size) < 1 or not all(bottoms[0][2:]):
            raise LayerFault(
                f"a top of {size[0]} x {size[1]} pixels for a bottom of shape {bottoms[0]}",
                field="downsample_param.top_height",
                hint="set top_height and top_width, or give a second bottom",
            )
        return [(*bottoms[0][:2], *size)]

    @torch.no_grad()
    def forward(self, x: Tensor, reference: Tensor | None = None) -> Tensor:
        p, size = self.param.downsample_param, tuple(x.shape[2:])
        top = (p.top_height, p.top_width) if reference is None else tuple(reference.shape[2:])
        if size == top:
            return x.clone()
        rows, columns = (self._weights(*pair, x) for pair in zip(size, top, strict=True))
        missing = x.isnan()
        known = along_axes((~missing).to(x.dtype), rows, columns)
        lost = along_axes(missing.to(x.dtype), rows, columns)
        mean = along_axes(torch.where(missing, 0, x), rows, columns) / known
        return torch.where(lost / known > 0.5, torch.nan, mean)

    def _weights(self, size: int, top: int, like: Tensor) -> Tensor:
        """The matrix along an axis."""
        scale = (size - 1) / max(1, top - 1)
        places = torch.arange(top, dtype=torch.float64, device=like.device) * scale
        return weights_of(places, size, linear, scale or 1.0).to(like.dtype)
