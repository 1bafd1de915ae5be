"""Gram: how much channels occur together."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter


@register
class Gram(Layer):
    """The Gram matrix of each item's channels: ``y = x x' / (C H W)``, with x as C rows.

    Shapes: bottom (N, C, H, W), top (N, C, C, 1). Source: ``gram_layer`` of happynear/caffe-windows; Gatys,
    Ecker and Bethge 2016 (style of images).
    """

    family = "vision"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if len(bottoms[0]) != 4:
            raise LayerFault(f"a bottom of shape {bottoms[0]}; expected (N, C, H, W)", bottom=0)
        n, channels = bottoms[0][:2]
        return [(n, channels, channels, 1)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return prod(bottoms[0]) * bottoms[0][1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.flatten(2)
        return (rows @ rows.mT / max(1, rows.shape[1] * rows.shape[2])).unsqueeze(3)
