"""SPP: spatial pyramid pooling."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod

import torch

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.pool import ave_pool, max_pool, padded_source, stochastic_pool
from layerzoo.functional.window import Window, check_pooling_pad
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter, SPPParameter


@register
class SPP(Layer):
    """Spatial pyramid pooling: level ``i`` pools the image into ``2^i`` by ``2^i`` bins.

    The levels are concatenated, so images of any size give tops of the same size. MAX, AVE and STOCHASTIC as
    in Pooling.

    Shapes: bottom (N, C, H, W), top (N, C * (4^pyramid_height - 1) / 3), level by level, each in the order
    (C, rows, columns); (N, C, 1, 1) for ``pyramid_height: 1``, as in Caffe. Source: Caffe's ``spp_layer``; He
    et al. 2014.
    """

    family = "vision"
    needs_images = True
    example = "pyramid_height: 3"
    messages = ("spp_param",)
    hints = ("spp_param.engine",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.levels = param.spp_param.pyramid_height
        self.method = param.spp_param.pool

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.spp_param, bottoms[0]
        if not p.pyramid_height:
            raise LayerFault("pyramid_height must be at least 1", field="spp_param.pyramid_height")
        if len(shape) != 4:
            raise LayerFault(f"a bottom of shape {shape}; SPP takes 4 axes (N, C, H, W)", bottom=0)
        if not prod(shape[2:]):
            raise LayerFault(f"a bottom of shape {shape} has no pixels to pool", bottom=0)
        bins = 0
        for level in range(p.pyramid_height):
            window = _window(level, shape[2:])
            check_pooling_pad(window, p.pool == SPPParameter.STOCHASTIC, "spp_param.pyramid_height")
            bins += prod(window.pooled(shape[2:], ceil=True))
        return [(*shape[:2], 1, 1) if p.pyramid_height == 1 else (shape[0], shape[1] * bins)]

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "stochastic SPP is random" if param.spp_param.pool == SPPParameter.STOCHASTIC else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        if self.method == SPPParameter.STOCHASTIC:
            raise ExportError(f"layer '{self.name}': stochastic pooling can't be written")
        (shape,), levels = bottoms.shapes, []
        for level in range(self.levels):
            window = _window(level, shape[2:])
            top = (*shape[:2], *window.pooled(shape[2:], ceil=True))
            levels.append(
                padded_source(window, self.method == SPPParameter.MAX, bottoms._replace(tops=[top]))
            )
        if self.levels == 1:
            return levels[0]
        return f"torch.cat([{', '.join(f'({level}).flatten(1)' for level in levels)}], 1)"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = [self._pool(x, level) for level in range(self.levels)]
        return pooled[0] if self.levels == 1 else torch.cat([level.flatten(1) for level in pooled], 1)

    def _pool(self, x: torch.Tensor, level: int) -> torch.Tensor:
        window = _window(level, x.shape[2:])
        if self.method == SPPParameter.MAX:
            return max_pool(x, window)
        if self.method == SPPParameter.AVE:
            return ave_pool(x, window)
        draw = partial(self.random_uniform, what=f"level {level}") if self.training else None
        return stochastic_pool(x, window, uniform=draw)


def _window(level: int, sizes: Sequence[int]) -> Window:
    """The smallest window of which ``2^level`` cover each axis; the excess is padding."""
    bins = 2**level
    kernel = tuple(-(-n // bins) for n in sizes)
    pad = tuple((k * bins - n + 1) // 2 for k, n in zip(kernel, sizes, strict=True))
    return Window(kernel, kernel, pad, (1,) * len(kernel))
