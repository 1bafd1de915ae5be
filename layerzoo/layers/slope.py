"""Slope: two more channels that tell the place in an image."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter


@register
class Slope(Layer):
    """Two more channels that tell the place: ``row / H`` and ``column / W``, each below 1.

    Shapes: bottom (N, C, H, W), top (N, C + 2, H, W). Source: ``slope_layer`` of happynear/caffe-windows.
    """

    family = "vision"
    needs_images = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) != 4:
            raise LayerFault(f"a bottom of shape {bottoms[0]}; expected (N, C, H, W)", bottom=0)
        n, channels, height, width = bottoms[0]
        return [(n, channels + 2, height, width)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, _, height, width = x.shape
        rows = torch.arange(height, device=x.device, dtype=x.dtype) / max(1, height)
        columns = torch.arange(width, device=x.device, dtype=x.dtype) / max(1, width)
        size = (n, 1, height, width)
        return torch.cat([x, rows[:, None].expand(size), columns.expand(size)], 1)
