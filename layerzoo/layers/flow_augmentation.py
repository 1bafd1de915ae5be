"""FlowAugmentation: the flow between two images that were changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.augmentation_coefficients import COUNT, NAMES, place
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import AugmentationParameter, LayerParameter

_FIELD = "augmentation_param"


@register
class FlowAugmentation(Layer):
    """The flow between the crops that DataAugmentation makes of two images with these coefficients.

    The flow of the nearest pixel is taken.

    Shapes: bottoms (N, 2, H, W), the flow between the images, and (N, 42, 1, 1) twice, the coefficients of
    the first and of the second; top (N, 2, crop_height, crop_width). Source: ``flow_augmentation_layer`` of
    lmb-freiburg/flownet2; Dosovitskiy et al. 2015 (FlowNet).
    """

    family = "vision"
    example_bottoms = ((2, 2, 5, 6), (2, 42, 1, 1), (2, 42, 1, 1))
    example = "crop_width: 2 crop_height: 2"
    messages = (_FIELD,)
    ignores: ClassVar[Mapping[str, str]] = {
        f"augmentation_param.{field.name}": "only the size of the crop is read"
        for field in AugmentationParameter.DESCRIPTOR.fields
        if not field.name.startswith("crop_")
    }
    bottoms = exactly(3)
    no_gradient = "the fork has no backward pass: it is for ground truth"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, (flow, *rows) = param.augmentation_param, bottoms
        if len(flow) != 4 or flow[1] != 2 or not all(flow[2:]):
            raise LayerFault(f"flow of shape {flow}; expected (N, 2, H, W)", bottom=0)
        for index, shape in enumerate(rows, 1):
            if shape != (flow[0], COUNT, 1, 1):
                raise LayerFault(
                    f"coefficients of shape {shape}; expected ({flow[0]}, {COUNT}, 1, 1)", bottom=index
                )
        if not (p.crop_width and p.crop_height):
            raise LayerFault("crop_width and crop_height must be set", field=f"{_FIELD}.crop_width")
        return [(flow[0], 2, p.crop_height, p.crop_width)]

    @torch.no_grad()
    def forward(self, flow: Tensor, first: Tensor, second: Tensor) -> Tensor:
        p, (n, _, height, width) = self.param.augmentation_param, flow.shape
        sizes = (height, width, p.crop_height, p.crop_width)
        one, two = (
            {
                name: column[:, None, None]
                for name, column in zip(NAMES, rows.flatten(1).unbind(-1), strict=True)
            }
            for rows in (first, second)
        )
        x = torch.arange(p.crop_width, dtype=flow.dtype, device=flow.device)
        y = torch.arange(p.crop_height, dtype=flow.dtype, device=flow.device).unsqueeze(-1)
        u, v = (part.expand(n, p.crop_height, p.crop_width) for part in place(one, x, y, sizes))
        column = (u + 0.5).trunc().long().clamp(0, width - 1)
        row = (v + 0.5).trunc().long().clamp(0, height - 1)
        index = (row * width + column).flatten(1).unsqueeze(1).expand(-1, 2, -1)
        moved = flow.flatten(2).gather(2, index).reshape(n, 2, p.crop_height, p.crop_width)
        u, v = _origin(two, u + moved[:, 0], v + moved[:, 1], sizes)
        return torch.stack((u - x, v - y), 1)


def _origin(
    rows: Mapping[str, Tensor], u: Tensor, v: Tensor, sizes: tuple[int, int, int, int]
) -> tuple[Tensor, Tensor]:
    """The pixel of the crop that comes from a place: the inverse of `place`."""
    height, width, crop_height, crop_width = sizes
    x = (u - width / 2) * rows["zoom_x"].exp() - rows["dx"] * crop_width
    y = (v - height / 2) * rows["zoom_y"].exp() - rows["dy"] * crop_height
    cosine, sine = rows["angle"].cos(), rows["angle"].sin()
    x, y = cosine * x + sine * y, cosine * y - sine * x
    x = torch.where(rows["mirror"] != 0, crop_width / 2 - x, x + crop_width / 2)
    return x, y + crop_height / 2
