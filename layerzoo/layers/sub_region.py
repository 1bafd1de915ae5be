"""SubRegion: parts of images around points."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.constants import constant
from layerzoo.layer import Layer, Shape, between, exactly, register
from layerzoo.schema import LayerParameter


@register
class SubRegion(Layer):
    """The part of an image around each of its points; 0 outside of the image.

    A point is an offset from the image's centre, x before y, in pixels of an image of ``data_height`` x
    ``data_width``. The second top is from the region's centre to the true point, the third the region's
    centre from the top left corner, both in such pixels. With ``as_dim: 0`` the regions of the first point
    of all images come first.

    Shapes: bottoms (N, C, H, W), points (N, 2P) and true points (N, 2P); tops (N, C P, region_height,
    region_width), or (N P, C, ...) with ``as_dim: 0``, and two of (N, 2P). Source: ``subregion_layer`` of
    happynear/caffe-windows (facial landmarks); its backward pass writes to the top, here the image gets the
    derivative.
    """

    family = "vision"
    needs_images = True
    messages = ("sub_region_param",)
    example = "region_height: 3 region_width: 3 data_height: 16 data_width: 16"
    bottoms = exactly(3)
    tops = between(1, 3)
    without_gradient = (1, 2)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.sub_region_param
        image, points, true = bottoms
        for field in ("region_height", "region_width", "data_height", "data_width"):
            if not 0 < getattr(p, field) < 2**24:
                raise LayerFault(f"{field} must be at least 1", field=f"sub_region_param.{field}")
        if len(image) != 4:
            raise LayerFault(f"a bottom of shape {image}; expected (N, C, H, W)", bottom=0)
        if len(points) != 2 or points[1] % 2 or points[0] != image[0]:
            raise LayerFault(f"points of shape {points} for images {image}; expected (N, 2P)", bottom=1)
        if true != points:
            raise LayerFault(f"true points of shape {true} for points of shape {points}", bottom=2)
        if len(param.top) == 2:
            raise LayerFault("two tops", hint="name one, or three: regions, distances and centres")
        n, channels = image[:2]
        count = points[1] // 2
        items = (n * count, channels) if p.as_dim == 0 else (n, channels * count)
        return [(*items, p.region_height, p.region_width), points, points][: max(1, len(param.top))]

    def forward(
        self, image: torch.Tensor, points: torch.Tensor, true: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.sub_region_param
        n, channels, height, width = image.shape
        pairs = points.detach().reshape(n, -1, 2)
        size, data, region = (
            constant(sides, pairs.dtype, pairs.device)
            for sides in ((width, height), (p.data_width, p.data_height), (p.region_width, p.region_height))
        )
        start = ((pairs / data + 0.5) * size - (region / 2).floor()).floor()
        rows = _places(start[..., 1], p.region_height)
        columns = _places(start[..., 0], p.region_width)
        inside = _within(rows, height)[..., None] & _within(columns, width)[..., None, :]
        places = rows.clamp(0, height - 1)[..., None] * width + columns.clamp(0, width - 1)[..., None, :]
        flat = places.reshape(n, 1, -1).expand(-1, channels, -1)
        shape = (n, channels, *inside.shape[1:])
        taken = image.flatten(2).gather(2, flat).reshape(shape) * inside[:, None]
        if p.as_dim == 0:
            regions = taken.permute(2, 0, 1, 3, 4).reshape(-1, channels, *inside.shape[2:])
        else:
            regions = taken.transpose(1, 2).reshape(n, -1, *inside.shape[2:])
        if self.top_count < 3:
            return regions
        centre = (start + region / 2 + 0.5) / size * data
        distance = true.detach().reshape(pairs.shape) + (data / 2).floor() - centre
        return regions, distance.reshape(points.shape), centre.reshape(points.shape)


def _places(start: torch.Tensor, count: int) -> torch.Tensor:
    """The indices of a region's rows; (N, P, count)."""
    return start.long()[..., None] + torch.arange(count, device=start.device)


def _within(places: torch.Tensor, size: int) -> torch.Tensor:
    return (places >= 0) & (places < size)
