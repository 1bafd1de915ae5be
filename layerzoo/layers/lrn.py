"""LRN: local response normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter, LRNParameter

_CHUNK = 2**17
"""Elements that a CPU's cache holds a few arrays of; the CPU works through a blob in pieces of this."""


@register
class LRN(Layer):
    """Divides each element by the energy of its neighbours: ``y = x / (k + alpha / n * sum(x²)) ^ beta``.

    ACROSS_CHANNELS the neighbours are the ``local_size`` channels around, and n is their number;
    WITHIN_CHANNEL they are a square of that side in the same channel, n its area, and k is 1 whatever is
    given. Outside the blob stand zeros. ``engine`` is accepted and changes nothing.

    Shapes: bottom (N, C, ...), top the same; WITHIN_CHANNEL takes (N, C, H, W). Source: Caffe's
    ``lrn_layer``; Krizhevsky et al. 2012.
    """

    family = "normalisation"
    example = "local_size: 5 alpha: 0.0001 beta: 0.75"
    messages = ("lrn_param",)
    stays_fp32 = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.lrn_param
        self.size, self.alpha, self.beta, self.k = p.local_size, p.alpha, p.beta, p.k
        self.within = p.norm_region == LRNParameter.WITHIN_CHANNEL

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, shape = param.lrn_param, bottoms[0]
        if p.local_size % 2 == 0:
            raise LayerFault(f"local_size must be odd: got {p.local_size}", field="lrn_param.local_size")
        if len(shape) < 2 or (p.norm_region == LRNParameter.WITHIN_CHANNEL and len(shape) != 4):
            raise LayerFault(f"a bottom of shape {shape}; LRN takes 4 axes (N, C, H, W)", bottom=0)
        return [shape]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.within:
            energy = F.avg_pool2d(x * x, self.size, 1, self.size // 2)
            return x * _inverse_power(energy * self.alpha + 1, self.beta)
        numbers = self.size, self.alpha / self.size, self.beta, self.k
        if torch.compiler.is_compiling():  # a compiler keeps memory low by itself
            energy = _sum_of_neighbours(x * x, self.size)
            return x * _inverse_power(energy * (self.alpha / self.size) + self.k, self.beta)
        return cast(torch.Tensor, _AcrossChannels.apply(x, *numbers))  # type: ignore[no-untyped-call] # torch's


class _AcrossChannels(torch.autograd.Function):
    """LRN over channels; keeps the bottom and the scale ``k + alpha / n * sum(x²)``, as Caffe does."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, size: int, alpha: float, beta: float, k: float) -> torch.Tensor:
        scale, y = torch.empty_like(x), torch.empty_like(x)
        for part, its_scale, its_y in zip(_chunks(x), _chunks(scale), _chunks(y), strict=True):
            its_scale.copy_(_sum_of_neighbours(part * part, size)).mul_(alpha).add_(k)
            torch.mul(part, _inverse_power(its_scale, beta), out=its_y)
        ctx.save_for_backward(x, scale)
        ctx.numbers = size, alpha, beta
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, scale = ctx.saved_tensors
        size, alpha, beta = ctx.numbers
        down = torch.empty_like(x)
        for part, its_scale, its_gradient, its_down in zip(
            *map(_chunks, (x, scale, gradient, down)), strict=True
        ):
            direct = its_gradient * _inverse_power(its_scale, beta)
            shared = _sum_of_neighbours(direct * part / its_scale, size)
            torch.addcmul(direct, part, shared, value=-2 * alpha * beta, out=its_down)
        return down, None, None, None, None


def _chunks(x: torch.Tensor) -> Sequence[torch.Tensor]:
    """The blob in pieces along its first axis that fit a CPU's cache: three times as fast as all at once."""
    if x.device.type != "cpu" or x.numel() <= _CHUNK:
        return (x,)
    return torch.split(x, max(1, _CHUNK * x.shape[0] // x.numel()))


def _sum_of_neighbours(x: torch.Tensor, size: int) -> torch.Tensor:
    """For each channel the sum of the ``size`` channels around it. A running sum would lose precision."""
    total = x.clone()
    for distance in range(1, min(size // 2, x.shape[1] - 1) + 1):
        total[:, distance:] += x[:, :-distance]
        total[:, :-distance] += x[:, distance:]
    return total


def _inverse_power(x: torch.Tensor, beta: float) -> torch.Tensor:
    """``x ^ -beta``, by roots for the exponents of published nets: several times as fast."""
    if beta == 0.75:
        root = x.rsqrt()
        return root * root.sqrt()
    return x.rsqrt() if beta == 0.5 else x.pow(-beta)
