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
            return {"lrn_param.k": "within a channel it is 1, as in Caffe"}
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
    """LRN over channels; keeps the bottom and the scale ``k + alpha / n * sum(x²)``, as Caffe does.

    The scale is an output too, so that the backward pass can be differentiated in its turn.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, size: int, alpha: float, beta: float, k: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        scale, y = torch.empty_like(x), torch.empty_like(x)
        for part, its_scale, its_y in zip(_chunks(x), _chunks(scale), _chunks(y), strict=True):
            its_scale.copy_(_sum_of_neighbours(part * part, size)).mul_(alpha).add_(k)
            torch.mul(part, _inverse_power(its_scale, beta), out=its_y)
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
            for part, its_scale, its_gradient, its_down in zip(
                *map(_chunks, (x, scale, of_y, down)), strict=True
            ):
                _gradient(its_gradient, part, its_scale, ctx.numbers, its_down)
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
    """The gradient of the bottom by way of the top."""
    size, alpha, beta = numbers
    direct = of_y * _inverse_power(scale, beta)
    shared = _sum_of_neighbours(direct * x / scale, size)
    return torch.addcmul(direct, x, shared, value=-2 * alpha * beta, out=out)


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
