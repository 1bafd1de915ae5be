"""The base of layers whose filters differ from position to position."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import nn
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer.layer import Layer
from layerzoo.layer.own_params import OwnParam, Shape
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter, LocalParameter


class LocalLayer(Layer):
    """A convolution with filters of their own for each position, by its first message, a LocalParameter.

    Shapes: bottom (N, C, H, W), top (N, num_output, height, width); ``weight`` (num_output, 1, C kernel^2,
    height width); ``bias`` (1, 1, num_output, height width).
    """

    family = "vision"
    needs_images = True
    param_names = ("weight", "bias")
    weight: nn.Parameter
    bias: nn.Parameter | None

    @classmethod
    def part(cls, param: LayerParameter) -> LocalParameter:
        """The layer's own message."""
        part: LocalParameter = getattr(param, cls.messages[0])
        return part

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape, message = cls.part(param), bottoms[0], cls.messages[0]
        if len(shape) != 4:
            raise LayerFault(f"a bottom of shape {shape}, expected (N, C, H, W)", bottom=0)
        for name in ("num_output", "kernel_size", "stride"):
            if getattr(p, name) < 1:
                raise LayerFault(f"{name} must be at least 1", field=f"{message}.{name}")
        if min(shape[2:]) < p.kernel_size:
            raise LayerFault(
                f"a filter of {p.kernel_size} x {p.kernel_size} doesn't fit into a bottom {shape}",
                field=f"{message}.kernel_size",
                bottom=0,
            )
        sizes = ((size + 2 * p.pad - p.kernel_size) // p.stride + 1 for size in shape[2:])
        return [(shape[0], p.num_output, *sizes)]

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        p, places = cls.part(param), prod(cls.top_shapes(param, bottoms)[0][2:])
        weight = (p.num_output, 1, bottoms[0][1] * p.kernel_size**2, places)
        own = [OwnParam("weight", weight, p.weight_filler)]
        return [*own, OwnParam("bias", (1, 1, p.num_output, places), p.bias_filler)] if p.bias_term else own

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return bottoms[0][1] * cls.part(param).kernel_size ** 2 * sum(map(prod, tops))

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        p = self.part(self.param)
        columns = f"F.unfold({bottoms.first}, {p.kernel_size}, padding={p.pad}, stride={p.stride})"
        weight = source.param("weight", self.weight)
        y = f'torch.einsum("nkp,mkp->nmp", {columns}, {weight}[:, 0])'
        if self.bias is not None:
            y = f"({y} + {source.param('bias', self.bias)}[0])"
        return f"{y}.unflatten(2, {tuple(bottoms.tops[0][2:])})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        p = self.part(self.param)
        sizes = self.top_shapes(self.param, [tuple(x.shape)])[0][2:]
        columns = F.unfold(x, p.kernel_size, padding=p.pad, stride=p.stride)
        y = torch.einsum("nkp,mkp->nmp", columns, self.weight[:, 0])
        return (y if self.bias is None else y + self.bias[0]).reshape(*y.shape[:2], *sizes)
