"""LRN: local response normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import plain_only
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, number
from layerzoo.schema import LayerParameter, LRNParameter

_CHUNK = 2**17
"""Elements per chunk on a CPU, so that a few arrays of this size fit its cache."""


@register
class LRN(Layer):
    """Local response normalisation: ``y = x / (k + alpha / n * sum(x²)) ^ beta``, summed over neighbours.

    With ACROSS_CHANNELS the neighbours are the ``local_size`` channels around an element, and n is
    ``local_size``; with WITHIN_CHANNEL they are a square of that side in the same channel, n is its area, and
    k is always 1. The blob is padded with zeros. ``engine`` is ignored.

    Shapes: bottom (N, C, ...), top the same; WITHIN_CHANNEL takes (N, C, H, W). Source: Caffe's
    ``lrn_layer``; Krizhevsky et al. 2012.
    """

    family = "normalisation"
    any_layout = True
    needs_images = True
    example = "local_size: 5 alpha: 0.0001 beta: 0.75"
    messages = ("lrn_param",)
    hints = ("lrn_param.engine",)
    stays_fp32 = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.lrn_param
        self.size, self.alpha, self.beta, self.k = p.local_size, p.alpha, p.beta, p.k
        self.within = p.norm_region == LRNParameter.WITHIN_CHANNEL

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.lrn_param.norm_region == LRNParameter.WITHIN_CHANNEL:
            return {"lrn_param.k": "with WITHIN_CHANNEL it is 1, as in Caffe"}
        return {}

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

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        x = bottoms.first
        if self.within:
            energy = f"F.avg_pool2d({x} * {x}, {self.size}, 1, {self.size // 2})"
            return f"{x} / (1 + {number(self.alpha)} * {energy}) ** {number(self.beta)}"
        numbers = ", ".join(map(number, (self.alpha, self.beta, self.k)))
        return f"F.local_response_norm({x}, {self.size}, {numbers})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.within:
            energy = F.avg_pool2d(x * x, self.size, 1, self.size // 2)
            return x * _inverse_power(energy * self.alpha + 1, self.beta)
        numbers = self.size, self.alpha / self.size, self.beta, self.k
        if plain_only():  # a compiler keeps memory low by itself
            scale = _sum_of_neighbours(x * x, self.size) * (self.alpha / self.size) + self.k
            return x * _inverse_power(scale, self.beta)
        y: torch.Tensor = _AcrossChannels.apply(x, *numbers)[0]  # type: ignore[no-untyped-call]  # torch's
        return y


class _AcrossChannels(torch.autograd.Function):
    """LRN over channels; saves the bottom and the scale ``k + alpha / n * sum(x²)``, as Caffe does.

    The scale is an output too, so that the backward pass is differentiable.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, size: int, alpha: float, beta: float, k: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        scale, y = torch.empty_like(x), torch.empty_like(x)
        for part, part_scale, part_y in zip(_chunks(x), _chunks(scale), _chunks(y), strict=True):
            part_scale.copy_(_sum_of_neighbours(part * part, size)).mul_(alpha).add_(k)
            torch.mul(part, _inverse_power(part_scale, beta), out=part_y)
        ctx.save_for_backward(x, scale)
        ctx.set_materialize_grads(False)
        ctx.numbers = size, alpha, beta
        return y, scale

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        x, scale = ctx.saved_tensors
        size, alpha, _ = ctx.numbers
        of_y, of_scale = gradients
        down = None
        if of_y is not None and torch.is_grad_enabled():
            down = _gradient(of_y, x, scale, ctx.numbers)
        elif of_y is not None:
            down = torch.empty_like(x)
            for part, part_scale, part_gradient, part_down in zip(
                *map(_chunks, (x, scale, of_y, down)), strict=True
            ):
                _gradient(part_gradient, part, part_scale, ctx.numbers, part_down)
        if of_scale is not None:
            through_scale = 2 * alpha * x * _sum_of_neighbours(of_scale, size)
            down = through_scale if down is None else down + through_scale
        return down, None, None, None, None


def _gradient(
    of_y: torch.Tensor,
    x: torch.Tensor,
    scale: torch.Tensor,
    numbers: tuple[int, float, float],
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    """The gradient of the bottom for the gradient ``of_y`` of the top."""
    size, alpha, beta = numbers
    direct = of_y * _inverse_power(scale, beta)
    shared = _sum_of_neighbours(direct * x / scale, size)
    return torch.addcmul(direct, x, shared, value=-2 * alpha * beta, out=out)


def _chunks(x: torch.Tensor) -> Sequence[torch.Tensor]:
    """The blob in chunks along its first axis that fit a CPU's cache, three times as fast as in one."""
    if x.device.type != "cpu" or x.numel() <= _CHUNK:
        return (x,)
    return torch.split(x, max(1, _CHUNK * x.shape[0] // x.numel()))


def _sum_of_neighbours(x: torch.Tensor, size: int) -> torch.Tensor:
    """For each channel the sum of the ``size`` channels around it; a running sum would lose precision."""
    total = x.clone()
    for distance in range(1, min(size // 2, x.shape[1] - 1) + 1):
        total[:, distance:] += x[:, :-distance]
        total[:, :-distance] += x[:, distance:]
    return total


def _inverse_power(x: torch.Tensor, beta: float) -> torch.Tensor:
    """``x ^ -beta``, by square roots for the exponents of published nets, which is several times as fast."""
    if beta == 0.75:
        root = x.rsqrt()
        return root * root.sqrt()
    return x.rsqrt() if beta == 0.5 else x.pow(-beta)
