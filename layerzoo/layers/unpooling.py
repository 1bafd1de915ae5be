"""Unpooling: undo a pooling."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.spreading import averaged, averaged_source, cut, tiled, tiles
from layerzoo.functional.unpool import unpool
from layerzoo.functional.window import global_window, pooling_window
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource, listed
from layerzoo.schema import LayerParameter, PoolingParameter, UnpoolingParameter

_MASK: Final = UnpoolingParameter.MASK


@register
class Unpooling(LabelCheck, Layer):
    """Undo a pooling, whose ``pooling_param`` it reads: by the mask of a MAX pooling, or without one.

    MASK moves each value to the place of its maximum; where the mask names a place twice, the last value
    stays, and one of a window outside the image (-1) has none. NEAREST repeats each value over its window,
    AVE divides it by the window's size and adds it to each place (the transpose of AVE pooling), FIRST puts
    it at the window's first place; other places are 0.

    The size of the top is that of ``size``, or of a last bottom, whose values are not used (the bottom of the
    pooling); without both, the windows end with the top, which is smaller than the pooling's bottom where
    the number of windows was rounded.

    Shapes: bottoms (N, C, spatial...) with 1 to 3 spatial axes, for MASK the mask of the same shape,
    optionally (any, any, size...); top (N, C, size...), with ``size = (spatial - 1) stride + kernel - 2 pad``
    by default. Source: ours; Zeiler and Fergus 2014; FIRST: Dosovitskiy, Springenberg and Brox 2015.
    """

    family = "vision"
    needs_images = True
    example = "method: NEAREST } pooling_param { kernel_size: 2 stride: 2"
    messages = ("unpooling_param", "pooling_param")
    hints = ("pooling_param.engine",)
    bottoms = between(1, 3)
    without_gradient = (1, 2)
    label_word = "index"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.method = param.unpooling_param.method
        self.with_pad = param.pooling_param.pool != PoolingParameter.AVE_EXC_PAD
        whole = param.pooling_param.global_pooling
        self.window = None if whole else pooling_window(param.pooling_param, bottom_shapes[0])
        self.size = tuple(param.unpooling_param.size)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        own, x = _own_bottoms(param), bottoms[0]
        method = UnpoolingParameter.Method.Name(param.unpooling_param.method)
        if len(bottoms) < own:
            raise LayerFault(
                "method MASK without a mask",
                field="unpooling_param.method",
                hint="give the second top of the MAX pooling as second bottom, or another method",
            )
        if len(bottoms) > own + 1:
            raise LayerFault(
                f"{len(bottoms)} bottoms with method {method}, which takes {own} and one for the size",
                bottom=own + 1,
            )
        if not 3 <= len(x) <= 5:
            raise LayerFault(
                f"a bottom of shape {x}; expected (N, C, H, W), or 1 to 3 spatial axes", bottom=0
            )
        if own == 2 and bottoms[1] != x:
            raise LayerFault(f"a mask of shape {bottoms[1]} for values of shape {x}", bottom=1)
        if own == 2 and param.pooling_param.pool != PoolingParameter.MAX:
            pool = PoolingParameter.PoolMethod.Name(param.pooling_param.pool)
            raise LayerFault(
                f"method MASK for a pooling of type {pool}",
                field="unpooling_param.method",
                hint="only MAX pooling has a mask",
            )
        return [(*x[:2], *_sizes(param, bottoms))]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        masked = bottom == 1 and param.unpooling_param.method == _MASK
        return prod(_sizes(param, shapes)) if masked else None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x, sizes = bottoms.first, bottoms.tops[0][2:]
        if self.method == _MASK:
            places = prod(sizes)  # and one for values of windows outside the image
            zeros = f"{x}.new_zeros({x}.shape[0], {bottoms.shapes[0][1]}, {places + 1})"
            index = f"{bottoms.names[1]}.flatten(2).long() % {places + 1}"
            moved = f"{zeros}.scatter(2, {index}, {x}.flatten(2))"
            return f"{moved}[:, :, :{places}].unflatten(2, {tuple(sizes)})"
        window = self.window or global_window(sizes)
        source.function(cut)
        if self.method == UnpoolingParameter.AVE:
            shape = bottoms.shapes[0]
            return averaged_source(x, shape[2:], shape[1], window, sizes, self.with_pad)
        name = source.function(tiled)
        for numbers in tiles(window, sizes, whole=self.method == UnpoolingParameter.NEAREST):
            x = f"{name}({x}, {listed(numbers)})"
        return x

    def forward(self, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        masked = self.method == _MASK
        spatial = tuple(x.shape[2:])
        if len(others) > masked:
            sizes = tuple(others[-1].shape[2:])
        elif self.size or self.window is None:
            sizes = self.size * (len(spatial) // len(self.size))
        else:
            sizes = self.window.unpooled(spatial)
        if masked:
            return unpool(x, self.indices(others[0], prod(sizes), ignore=-1), sizes, to_replaced=False)
        window = self.window or global_window(sizes)
        if self.method == UnpoolingParameter.AVE:
            return averaged(x, window, sizes, self.with_pad)
        for numbers in tiles(window, sizes, whole=self.method == UnpoolingParameter.NEAREST):
            x = tiled(x, *numbers)
        return x


def _own_bottoms(param: LayerParameter) -> int:
    """The bottoms that the method needs."""
    return 2 if param.unpooling_param.method == _MASK else 1


def _sizes(param: LayerParameter, bottoms: Sequence[Shape]) -> tuple[int, ...]:
    """The spatial sizes of the top, checked."""
    p, pooling, x = param.unpooling_param, param.pooling_param, bottoms[0]
    spatial, own = x[2:], _own_bottoms(param)
    if len(bottoms) > own:
        if p.size:
            raise LayerFault("both size and a bottom of this size are given", field="unpooling_param.size")
        like = bottoms[own]
        if len(like) != len(x):
            raise LayerFault(f"a bottom of shape {like} for the size; expected {len(x)} axes", bottom=own)
        sizes = like[2:]
    elif p.size:
        if len(p.size) not in {1, len(spatial)} or not all(p.size):
            raise LayerFault(
                f"size {list(p.size)} for {len(spatial)} spatial axes",
                field="unpooling_param.size",
                hint="give one number for each, or one for all, above 0",
            )
        sizes = tuple(p.size) * (len(spatial) if len(p.size) == 1 else 1)
    else:
        if pooling.global_pooling:
            raise LayerFault(
                "global pooling doesn't say the size of the top",
                field="pooling_param.global_pooling",
                hint="give unpooling_param.size, or the pooling's bottom as last bottom",
            )
        sizes = pooling_window(pooling, x).unpooled(spatial)
        if min(sizes) < 1:
            raise LayerFault(f"a top of size {sizes}", field="pooling_param.pad", hint="make the pad smaller")
        return sizes
    window = global_window(sizes) if pooling.global_pooling else pooling_window(pooling, x)
    try:
        made = window.pooled(sizes, pooling.round_mode == PoolingParameter.CEIL)
    except LayerFault:  # no window fits
        made = ()
    if made != spatial:
        raise LayerFault(
            f"this pooling makes {' x '.join(map(str, made)) or 'nothing'} of {' x '.join(map(str, sizes))}, "
            f"not {' x '.join(map(str, spatial))}",
            field="unpooling_param.size" if p.size else None,
            bottom=None if p.size else own,
            hint="pooling_param must be that of the pooling, and the size that of its bottom",
        )
    return sizes
