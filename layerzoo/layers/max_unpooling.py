"""MaxUnpooling: undo a max pooling by its mask."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.unpool import unpool
from layerzoo.functional.window import pooling_window
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter


@register
class MaxUnpooling(LabelCheck, Layer):
    """Move each value to the place of its maximum before a max pooling; the rest is 0.

    ``pooling_param`` is that of the pooling. Its windows say how large the top is, or a third bottom, whose
    values are not used. Where the mask names a place twice, the last value stays, and all get the gradient of
    the place.

    Shapes: bottoms (N, C, H, W), the mask (N, C, H, W), and optionally (any, any, height, width); top (N,
    C, height, width) with ``height = (H - 1) stride + kernel - 2 pad``. Source: Zeiler and Fergus 2014;
    Noh, Hong and Han 2015, whose fork of Caffe calls it Unpooling.
    """

    family = "vision"
    needs_images = True
    passes_values = True
    example = "kernel_size: 2 stride: 2"
    messages = ("pooling_param",)
    hints = ("pooling_param.engine", "pooling_param.round_mode")
    bottoms = between(2, 3)
    without_gradient = (1, 2)
    label_word = "index"

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        """What its backward pass computes instead of the derivative; see `LayerFacts.surrogate_gradient`."""
        return "where the mask names a place twice, each value gets the gradient of the place"

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        pooled = bottom_shapes and not param.pooling_param.global_pooling
        self.window = pooling_window(param.pooling_param, bottom_shapes[0]) if pooled else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        x = bottoms[0]
        if len(x) != 4 or bottoms[1] != x:
            raise LayerFault(
                f"bottoms of shapes {x} and {bottoms[1]}; expected (N, C, H, W) of both", bottom=1
            )
        if len(bottoms) > 2:
            if len(bottoms[2]) != 4:
                raise LayerFault(f"a bottom of shape {bottoms[2]}, expected 4 axes", bottom=2)
            return [(*x[:2], *bottoms[2][2:])]
        if param.pooling_param.global_pooling:
            raise LayerFault("global pooling leaves no size", field="pooling_param.global_pooling")
        sizes = pooling_window(param.pooling_param, x).unpooled(x[2:])
        if min(sizes) < 1:
            raise LayerFault(f"a top of {sizes[0]} x {sizes[1]} pixels", field="pooling_param.pad")
        return [(*x[:2], *sizes)]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x, (height, width) = bottoms.first, bottoms.tops[0][2:]
        zeros = f"{x}.new_zeros({x}.shape[0], {bottoms.shapes[0][1]}, {height * width})"
        moved = f"{zeros}.scatter(2, {bottoms.names[1]}.flatten(2).long(), {x}.flatten(2))"
        return f"{moved}.unflatten(2, ({height}, {width}))"

    def forward(self, x: torch.Tensor, mask: torch.Tensor, like: torch.Tensor | None = None) -> torch.Tensor:
        if like is not None or self.window is None:
            sizes = tuple((x if like is None else like).shape[2:])
        else:
            sizes = self.window.unpooled(x.shape[2:])
        return unpool(x, self.indices(mask, sizes[0] * sizes[1]), sizes)
