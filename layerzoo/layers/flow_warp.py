"""FlowWarp: move the pixels of an image along a flow."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.sampling import grid, sample
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import FlowWarpParameter, LayerParameter


@register
class FlowWarp(Layer):
    """Read the image at the place where the flow of each pixel points, linear between pixels.

    Where it points outside the image, the value is ``fill_value``: 0 or NaN.

    Shapes: bottoms (N, C, H, W), the image, and (N, 2, H, W), the flow: pixels to the right, pixels down; top
    (N, C, H, W). Source: ``flow_warp_layer`` of lmb-freiburg/flownet2; Ilg et al. 2017 (FlowNet 2).
    """

    family = "vision"
    example_bottoms = ((2, 3, 4, 5), (2, 2, 4, 5))
    messages = ("flow_warp_param",)
    bottoms = exactly(2)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        image, flow = bottoms
        if len(image) != 4 or flow != (image[0], 2, *image[2:]):
            raise LayerFault(
                f"bottoms of shapes {image} and {flow}; expected (N, C, H, W) and (N, 2, H, W)", bottom=1
            )
        return [image]

    def forward(self, image: Tensor, flow: Tensor) -> Tensor:
        columns, rows = grid(flow)
        x, y = flow[:, 0] + columns, flow[:, 1] + rows
        height, width = image.shape[2:]
        if not image.numel():
            return image
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        fill = self.param.flow_warp_param.fill_value
        value = 0.0 if fill == FlowWarpParameter.ZERO else torch.nan
        moved = sample(image, torch.where(inside, x, 0), torch.where(inside, y, 0))
        return torch.where(inside.unsqueeze(1), moved, value)
