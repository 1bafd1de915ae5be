"""SpatialTransformer: read an image at places that a net computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.sampling import sample, sample_nearest
from layerzoo.functional.spatial_source import SPATIAL_TRANSFORMER
from layerzoo.graph.facts import GradientStops
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter, SpatialTransformerParameter

_FIXED = tuple(f"theta_{row}_{column}" for row in (1, 2) for column in (1, 2, 3))


@register
class SpatialTransformer(Layer):
    """Read each image at the places where a matrix takes the pixels of the top, or at those of a grid.

    A pixel of the top at (a, b) has the value of the image at ``(t11 a + t12 b + t13, t21 a + t22 b + t23)``,
    where a is the coordinate along the height and b along the width, from -1 to 1; ``x_first`` swaps them.
    ``pixel_grid`` says where pixels are, ``padding`` what stands outside the image, and ``transform_type:
    "grid"`` takes the places from the second bottom.

    Shapes: bottoms (N, C, H, W) and the matrices, (N, 6) less the numbers that fields fix, or a grid (N, H',
    W', 2); top (N, C, H', W'). Source: ``st_layer`` of daerduoCarey/SpatialTransformerLayer; Jaderberg,
    Simonyan, Zisserman and Kavukcuoglu 2015; ``grid``, ``nearest``, ``pixel_grid``, ``x_first`` and
    ``padding`` are ours.
    """

    family = "vision"
    needs_images = True
    interpolates = True
    stays_fp32 = True
    messages = ("st_param",)
    example = "output_H: 20 output_W: 20"
    example_bottoms = ((2, 3, 28, 28), (2, 6))
    bottoms = exactly(2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.st_param
        self.fixed = None if _by_grid(p) else _fixed(p)
        self.size = _size(p, bottom_shapes)
        self.own = (p.HasField("output_H"), p.HasField("output_W"))
        self.grid, self.x_first = p.pixel_grid, p.x_first
        self.nearest = p.sampler_type == "nearest"
        self.zeros = p.padding == SpatialTransformerParameter.ZEROS

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if not _by_grid(param.st_param):
            return {}
        return dict.fromkeys((f"st_param.{name}" for name in _FIXED), 'transform_type is "grid"')

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        p = param.st_param
        if p.sampler_type == "nearest":
            hint = 'the nearest pixel has no slope: sampler_type: "bilinear" has one'
            return GradientStops(bottoms=(1,) if p.to_compute_dU else (0, 1), hint=hint)
        if not p.to_compute_dU:
            return GradientStops(bottoms=(0,), hint="to_compute_dU: true lets it pass")
        return GradientStops()

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.st_param
        image, places = bottoms
        if len(image) != 4 or not prod(image[2:]):
            raise LayerFault(f"a bottom of shape {image}; expected (N, C, H, W)", bottom=0)
        for field, value, known in (
            ("transform_type", p.transform_type, ("affine", "grid")),
            ("sampler_type", p.sampler_type, ("bilinear", "nearest")),
        ):
            if value not in known:
                raise LayerFault(
                    f"{field} '{value}'; expected {' or '.join(known)}", field=f"st_param.{field}"
                )
        for field in ("output_H", "output_W"):
            if p.HasField(field) and getattr(p, field) < 1:
                raise LayerFault(
                    f"{field} {getattr(p, field)}; expected 1 or more", field=f"st_param.{field}"
                )
        if _by_grid(p):
            if len(places) != 4 or places[0] != image[0] or places[3] != 2:
                raise LayerFault(
                    f"a grid of shape {places}; expected ({image[0]}, height, width, 2)",
                    bottom=1,
                )
            for field, size in zip(("output_H", "output_W"), places[1:3], strict=True):
                if p.HasField(field) and getattr(p, field) != size:
                    raise LayerFault(
                        f"{field} {getattr(p, field)}, but the grid has {size}", field=f"st_param.{field}"
                    )
        else:
            count = _fixed(p).count(None)
            if places[:1] != image[:1] or prod(places[1:]) != count:
                raise LayerFault(
                    f"matrices of shape {places} for {image[0]} images; expected ({image[0]}, {count})",
                    bottom=1,
                    hint="a matrix has 6 numbers, less those that theta_1_1 to theta_2_3 fix",
                )
        return [(*image[:2], *_size(p, bottoms))]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        pixels = tops[0][0] * prod(tops[0][2:])
        reading = 0 if param.st_param.sampler_type == "nearest" else 4 * prod(tops[0])
        return reading + (0 if _by_grid(param.st_param) else 4 * pixels)

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        source.helpers["spatial_transformer"] = SPATIAL_TRANSFORMER
        image, places = bottoms.names
        settings = f"{self.size}, {self.fixed}, {self.grid}, {self.x_first}, {self.nearest}, {self.zeros}"
        return f"spatial_transformer({image}, {places}, {settings})"

    def forward(self, image: Tensor, places: Tensor) -> Tensor:
        if not self.param.st_param.to_compute_dU:
            image = image.detach()
        first, second = places.unbind(-1) if self.fixed is None else self._moved(places, image)
        if not self.x_first:
            first, second = second, first
        x, y = self._pixels(first, image.shape[3]), self._pixels(second, image.shape[2])
        if self.nearest:
            return sample_nearest(image, x, y, self.zeros)
        return sample(image, x, y, self.zeros)

    def _moved(self, theta: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """The coordinates that the matrices take the pixels of the top to; each (N, H', W')."""
        assert self.fixed is not None
        values = iter(theta.flatten(1).unbind(1))
        m = [next(values)[:, None, None] if value is None else value for value in self.fixed]
        given = zip(self.size, self.own, image.shape[2:], strict=True)
        height, width = (size if own else like for size, own, like in given)
        rows, columns = self._places(height, theta), self._places(width, theta)
        a, b = (columns, rows[:, None]) if self.x_first else (rows[:, None], columns)
        whole = theta.new_zeros(len(theta), height, width)  # where all numbers of a row are fixed
        return whole + m[0] * a + m[1] * b + m[2], whole + m[3] * a + m[4] * b + m[5]

    def _places(self, size: int, like: Tensor) -> Tensor:
        """The coordinates of the pixels of an axis of the top."""
        pixels = torch.arange(size, dtype=like.dtype, device=like.device)
        if self.grid == SpatialTransformerParameter.SHIFTED:
            return 2 * pixels / size - 1
        if self.grid == SpatialTransformerParameter.EDGES:
            return (2 * pixels + 1) / size - 1
        return 2 * pixels / (size - 1) - 1 if size > 1 else pixels

    def _pixels(self, place: Tensor, size: int) -> Tensor:
        """Coordinates along an axis of the image, in pixels; without padding, within the image."""
        if self.grid == SpatialTransformerParameter.SHIFTED:
            pixel = (place + 1) * (size / 2)
        elif self.grid == SpatialTransformerParameter.EDGES:
            pixel = ((place + 1) * size - 1) / 2
        else:
            pixel = (place + 1) * ((size - 1) / 2)
        return pixel if self.zeros else pixel.clamp(0, size - 1)


def _by_grid(p: SpatialTransformerParameter) -> bool:
    return p.transform_type == "grid"


def _fixed(p: SpatialTransformerParameter) -> list[float | None]:
    """The numbers of the matrices, by rows; None where the second bottom has them."""
    return [getattr(p, name) if p.HasField(name) else None for name in _FIXED]


def _size(p: SpatialTransformerParameter, bottoms: Sequence[Shape]) -> tuple[int, int]:
    """Height and width of the top."""
    if _by_grid(p):
        return bottoms[1][1], bottoms[1][2]
    height, width = bottoms[0][2:]
    return p.output_H if p.HasField("output_H") else height, p.output_W if p.HasField("output_W") else width
