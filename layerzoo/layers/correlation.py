"""Correlation: compare patches of two blobs at many displacements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import CorrelationParameter, LayerParameter


@register
class Correlation(Layer):
    """Compare each patch of the first bottom with patches of the second around the same place.

    Channel ``i`` of the top is for one displacement, in rows of ``2 (max_displacement // stride_2) + 1``. Its
    value is the mean of the products of the two patches' values (MULTIPLY), or of their absolute differences
    (SUBTRACT).

    Shapes: bottoms (N, C, H, W), both; top (N, D^2, H', W') with D = 2 (max_displacement // stride_2) + 1 and
    H' = ceil((H + 2 pad - 2 max_displacement - kernel_size + 1) / stride_1). Source: ``correlation_layer`` of
    lmb-freiburg/flownet2; Dosovitskiy et al. 2015 (FlowNet).
    """

    family = "vision"
    example = "kernel_size: 1 max_displacement: 1 pad: 1"
    messages = ("correlation_param",)
    ignores: ClassVar[Mapping[str, str]] = {
        "correlation_param.do_abs": "the fork doesn't use it",
        "correlation_param.single_direction": "only Correlation1D reads it",
    }
    bottoms = exactly(2)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, (first, second) = param.correlation_param, bottoms
        for name in ("kernel_size", "max_displacement"):
            if not p.HasField(name):
                raise LayerFault(f"{name} must be set", field=f"correlation_param.{name}")
        if p.kernel_size % 2 == 0:
            raise LayerFault(
                f"kernel_size is {p.kernel_size}; it must be odd", field="correlation_param.kernel_size"
            )
        for name, stride in (("stride_1", p.stride_1), ("stride_2", p.stride_2)):
            if not stride:
                raise LayerFault(f"{name} is 0; it must be at least 1", field=f"correlation_param.{name}")
        if len(first) != 4 or first != second:
            raise LayerFault(
                f"bottoms of shapes {first} and {second}; both must be (N, C, H, W) and equal", bottom=1
            )
        count = 2 * (p.max_displacement // p.stride_2) + 1
        sizes = [
            -(-(size + 2 * p.pad - 2 * p.max_displacement - p.kernel_size + 1) // p.stride_1)
            for size in first[2:]
        ]
        if min(sizes) < 1:
            raise LayerFault(
                f"patches of {p.kernel_size} pixels, displaced by up to {p.max_displacement}, don't fit "
                f"into a bottom of shape {first} with a pad of {p.pad}",
                field="correlation_param.max_displacement",
                hint="set pad to max_displacement",
            )
        return [(first[0], count**2, *sizes)]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        n, displacements, height, width = tops[0]
        return n * displacements * height * width * bottoms[0][1] * param.correlation_param.kernel_size**2

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        p = self.param.correlation_param
        _, _, height, width = self.top_shapes(self.param, [tuple(x.shape), tuple(y.shape)])[0]
        one, two = (nn.functional.pad(blob, (p.pad,) * 4) for blob in (x, y))
        start, radius = p.max_displacement, p.max_displacement // p.stride_2
        # a patch of 1 pixel is read where it is needed only; larger ones overlap
        step = p.stride_1 if p.kernel_size == 1 else 1
        extent = [(size - 1) * p.stride_1 + p.kernel_size for size in (height, width)]

        def part(blob: Tensor, down: int, across: int) -> Tensor:
            rows = slice(start + down, start + down + extent[0], step)
            return blob[:, :, rows, start + across : start + across + extent[1] : step]

        fixed = part(one, 0, 0)
        displacements = range(-radius * p.stride_2, radius * p.stride_2 + 1, p.stride_2)
        if p.correlation_type == CorrelationParameter.SUBTRACT:
            means = [
                (fixed - part(two, down, across)).abs().mean(1)
                for down in displacements
                for across in displacements
            ]
            top = torch.stack(means, 1)
        else:
            # all products of a row with a row of the second bottom, of which diagonals are needed
            columns = torch.arange(fixed.shape[3], device=x.device).unsqueeze(-1) * step
            numbers = torch.arange(len(displacements), device=x.device)
            index = columns + start + (numbers - radius) * p.stride_2
            left = fixed.permute(0, 2, 3, 1)
            tops = []
            for down in displacements:
                rows = two[:, :, start + down : start + down + extent[0] : step].permute(0, 2, 1, 3)
                products = left @ rows
                tops.append(products.gather(3, index.expand(*products.shape[:2], *index.shape)))
            top = torch.cat(tops, 3).permute(0, 3, 1, 2) / x.shape[1]
        return top if p.kernel_size == 1 else nn.functional.avg_pool2d(top, p.kernel_size, p.stride_1)
