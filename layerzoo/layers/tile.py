"""Tile: repeat a blob along an axis."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, canonical_axis, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import LayerParameter


@register
class Tile(Layer):
    """Repeat the bottom ``tiles`` times along ``axis``.

    Shapes: bottom any, top the same, ``tiles`` times as large along that axis. Source: Caffe's
    ``tile_layer``.
    """

    family = "utility"
    passes_values = True
    example = "axis: 1 tiles: 2"
    messages = ("tile_param",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.tiles = param.tile_param.tiles

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        shape, tiles = bottoms[0], param.tile_param.tiles
        if tiles < 1:
            raise LayerFault(f"tiles is {tiles}; it must be at least 1", field="tile_param.tiles")
        axis = _axis(param, shape)
        return [(*shape[:axis], shape[axis] * tiles, *shape[axis + 1 :])]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        times = [1] * len(bottoms.shapes[0])
        times[self.axis] = self.tiles
        return f"{bottoms.first}.repeat({listed(times)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        times = [1] * x.dim()
        times[self.axis] = self.tiles
        return x.repeat(times)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.tile_param.axis, len(shape), "tile_param.axis")
