"""Resize: images of another size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter, ResizeLayerParameter


@register
class Resize(Layer):
    """Images of another size, interpolated between pixels: output row i is at row ``i H / height``.

    A neighbour beyond the last row or column counts as 0, so the last of an enlarged image are darker.

    Shapes: bottom (N, C, H, W); top (N, C, height, width), or (N, C, H out_height_scale, W out_width_scale),
    rounded down, with ``is_pyramid_test``. Source: ``resize_layer`` of happynear/caffe-windows.
    """

    family = "vision"
    needs_images = True
    interpolates = True
    messages = ("resize_param",)
    example = "height: 32 width: 32"

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        pyramid = param.resize_param.is_pyramid_test
        unread = ("height", "width") if pyramid else ("out_height_scale", "out_width_scale")
        why = f"is_pyramid_test is {'set' if pyramid else 'not set'}"
        return {f"resize_param.{name}": why for name in unread}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) != 4:
            raise LayerFault(f"a bottom of shape {bottoms[0]}; expected (N, C, H, W)", bottom=0)
        for name in _names(param.resize_param):
            if not param.resize_param.HasField(name):
                hint = f"give {' and '.join(_names(param.resize_param))}"
                raise LayerFault(f"{name} is missing", field="resize_param", hint=hint)
        return [(*bottoms[0][:2], *_size(param, bottoms[0][2:]))]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = _size(self.param, x.shape[2:])
        return _weights(x.shape[2], height, x) @ x @ _weights(x.shape[3], width, x).mT


def _names(p: ResizeLayerParameter) -> tuple[str, str]:
    """The fields that give height and width."""
    return ("out_height_scale", "out_width_scale") if p.is_pyramid_test else ("height", "width")


def _size(param: LayerParameter, shape: Sequence[int]) -> tuple[int, int]:
    """Height and width of the top."""
    p = param.resize_param
    sizes = []
    for name, size in zip(_names(p), shape, strict=True):
        value = getattr(p, name)
        scaled = int(np.float32(value) * np.float32(size)) if p.is_pyramid_test and 0 < value < 1e4 else value
        if not 0 < scaled < 2**24:
            raise LayerFault(f"{name} {value:g} gives no image", field=f"resize_param.{name}")
        sizes.append(int(scaled))
    return sizes[0], sizes[1]


def _weights(size: int, new: int, like: torch.Tensor) -> torch.Tensor:
    """The weight of each row of a bottom in each row of the top; (new, size)."""
    places = torch.arange(new, dtype=torch.float32, device=like.device) * (size / new)
    below = places.floor()
    rows = torch.arange(size, device=like.device)
    index, share = below[:, None].long(), (places - below)[:, None].to(like.dtype)
    return (rows == index) * (1 - share) + (rows == index + 1) * share
