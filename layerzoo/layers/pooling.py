"""Pooling: reduce each window of an image to one number."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.pool import (
    ave_pool,
    max_pool,
    max_pool_with_mask,
    padded_source,
    stochastic_pool,
    torch_agrees,
)
from layerzoo.functional.window import Window, global_window, pooling_window
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource, same
from layerzoo.schema import LayerParameter, PoolingParameter

_MAX_EXTENT = 2**24
"""The largest extent of windows that lie outside their bottom, in elements of a channel."""


@register
class Pooling(Layer):
    """Pooling: the maximum (MAX), mean (AVE) or a random element (STOCHASTIC) of each window.

    The mean is over the part of the window inside the padded image, with AVE_EXC_PAD inside the image.
    STOCHASTIC draws an element with probability proportional to its value in TRAIN, and computes the
    expected value in TEST; its bottom must be >= 0. MAX may have a second top, the mask: the index of each
    maximum in the flattened spatial axes, as a float. ``engine`` is ignored.

    Shapes: bottom (N, C, spatial...) with 1 to 3 spatial axes, tops (N, C, out...) with ``out = (spatial + 2
    pad - kernel) / stride + 1``, rounded up unless ``round_mode: FLOOR``, minus a last window that would
    start in the padding; (N, C, 1...) with ``global_pooling``. Source: Caffe's ``pooling_layer``; stochastic:
    Zeiler and Fergus 2013; AVE_EXC_PAD, and ``pad_l`` and its like: Synopsys' fork.
    """

    family = "vision"
    any_layout = True
    fresh_top = True
    needs_images = True
    example = "pool: MAX kernel_size: 3 stride: 2"
    tops = between(1, 2)
    messages = ("pooling_param",)
    hints = ("pooling_param.engine",)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.pooling_param
        self.window = None if p.global_pooling else pooling_window(p, bottom_shapes[0])
        self.method = p.pool
        self.with_pad = p.pool == PoolingParameter.AVE
        self.masked = len(param.top) > 1
        self.ceil = p.round_mode == PoolingParameter.CEIL

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.pooling_param, bottoms[0]
        if len(param.top) > 1 and p.pool != PoolingParameter.MAX:
            method = PoolingParameter.PoolMethod.Name(p.pool)
            raise LayerFault(f"{method} pooling has one top: only MAX has a mask", field="pooling_param.pool")
        window = pooling_window(p, shape)
        top = (*shape[:2], *window.pooled(shape[2:], p.round_mode == PoolingParameter.CEIL))
        return [top] * max(1, len(param.top))

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        window = pooling_window(param.pooling_param, bottoms[0])
        tops = window.pooled(bottoms[0][2:], param.pooling_param.round_mode == PoolingParameter.CEIL)
        outside = [
            (count - 1) * stride - pad >= size
            for count, stride, pad, size in zip(tops, window.stride, window.pad, bottoms[0][2:], strict=True)
        ]
        if not any(outside):
            return []
        extents = zip(tops, window.stride, window.kernel, strict=True)
        if prod((count - 1) * stride + kernel for count, stride, kernel in extents) > _MAX_EXTENT:
            raise LayerFault(
                f"a stride of {' x '.join(map(str, window.stride))} puts windows far outside the bottom",
                field="pooling_param.stride",
                hint="round_mode: FLOOR omits them",
            )
        return [
            f"the last window lies outside the bottom {bottoms[0]}, as the stride is larger than the kernel; "
            "round_mode: FLOOR omits it"
        ]

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        stochastic = param.pooling_param.pool == PoolingParameter.STOCHASTIC
        return "stochastic Pooling is random" if stochastic else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        largest = self.method == PoolingParameter.MAX
        if self.masked or self.method == PoolingParameter.STOCHASTIC:
            raise ExportError(f"layer '{self.name}': stochastic pooling, and masks, can't be written")
        axes = len(bottoms.shapes[0]) - 2
        if self.window is None:
            return f"F.adaptive_{'max' if largest else 'avg'}_pool{axes}d({bottoms.first}, 1)"
        window: Window = self.window
        kind = f"F.{'max' if largest else 'avg'}_pool{axes}d"
        if not torch_agrees(window, self.ceil):
            return padded_source(window, largest, bottoms, self.with_pad)
        arguments = [bottoms.first, same(window.kernel), same(window.stride)]
        if any(window.pad):
            arguments.append(f"padding={same(window.pad)}")
        sizes = zip(bottoms.shapes[0][2:], window.kernel, window.stride, window.pad, strict=True)
        if self.ceil and bottoms.tops[0][2:] != tuple((n + 2 * p - k) // s + 1 for n, k, s, p in sizes):
            arguments.append("ceil_mode=True")
        if any(window.pad) and not (largest or self.with_pad):
            arguments.append("count_include_pad=False")
        return f"{kind}({', '.join(arguments)})"

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        window: Window = self.window or global_window(x.shape[2:])
        if self.method == PoolingParameter.MAX:
            return (max_pool_with_mask if self.masked else max_pool)(x, window, self.ceil)
        if self.method != PoolingParameter.STOCHASTIC:
            return ave_pool(x, window, self.ceil, self.with_pad)
        return stochastic_pool(x, window, self.ceil, self.random_uniform if self.training else None)
