"""MVN: mean and variance normalisation of each sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Final

import torch

from layerzoo.functional.transforms import plain_only
from layerzoo.layer import Layer, Shape, register
from layerzoo.python_source import Operands, PythonSource, listed, number
from layerzoo.schema import LayerParameter

_NORMALIZE_ROWS: Final = '''
def normalize_rows(rows: Tensor, eps: float | None) -> Tensor:
    """Subtract the mean of each row; with ``eps``, divide by the row's standard deviation plus ``eps``."""
    rows = rows - rows.mean(1, keepdim=True)
    return rows if eps is None else rows / (rows.square().mean(1, keepdim=True).sqrt() + eps)
'''


@register
class MVN(Layer):
    """Normalise each channel of each sample: ``y = (x - mean) / (std + eps)``.

    With ``across_channels``, mean and std are taken over all channels of a sample; without
    ``normalize_variance``, only the mean is subtracted.

    Shapes: bottom (N, C, ...), top the same, with axes of 1 appended up to 4 axes. Source: Caffe's
    ``mvn_layer``.
    """

    family = "normalisation"
    messages = ("mvn_param",)
    stays_fp32 = True
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        p = param.mvn_param
        self.outer_axes = 1 if p.across_channels else 2
        self.normalize_variance = p.normalize_variance
        self.eps = p.eps

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        return {} if param.mvn_param.normalize_variance else {"mvn_param.eps": "normalize_variance is false"}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return [_four_axes(bottoms[0])]

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        source.helpers["normalize_rows"] = _NORMALIZE_ROWS
        values = prod(_four_axes(bottoms.shapes[0])[self.outer_axes :])
        eps = number(self.eps) if self.normalize_variance else None
        top = listed((-1, *bottoms.tops[0][1:]))
        return f"normalize_rows({bottoms.first}.reshape(-1, {values}), {eps}).reshape({top})"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = _four_axes(tuple(x.shape))
        outer = prod(shape[: self.outer_axes])
        rows = x.reshape(outer, x.numel() // max(1, outer))
        centred = rows - rows.mean(1, keepdim=True)
        y = _divided_by_std(centred, self.eps) if self.normalize_variance else centred
        return y.view(shape)


def _four_axes(shape: Shape) -> Shape:
    """The shape with axes of 1 appended up to 4 axes, as Caffe's old (N, C, H, W)."""
    return (*shape, *(1,) * (4 - len(shape)))


def _divided_by_std(rows: torch.Tensor, eps: float) -> torch.Tensor:
    """Centred rows divided by their standard deviation plus ``eps``.

    The gradient is Caffe's, which treats ``eps`` as part of the deviation: accurate for an ``eps`` much
    smaller than the deviation, and finite in a constant row, where the true gradient is unbounded. Second
    derivatives are consistent with it.
    """
    if plain_only():
        variance = rows.square().mean(1, keepdim=True)
        divisor = variance.detach().sqrt() + eps
        # the value is the divisor, the derivative that of sqrt(variance + the contribution of eps)
        return rows / (variance + (divisor.square() - variance).detach()).sqrt()
    y: torch.Tensor = _DividedByStd.apply(rows, eps)[0]  # type: ignore[no-untyped-call]  # torch's
    return y


class _DividedByStd(torch.autograd.Function):
    """The division; the divisor is an output too, so that the backward pass is differentiable."""

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor]:
        divisor = rows.square().mean(1, keepdim=True).sqrt() + eps
        y = rows / divisor
        ctx.save_for_backward(y, divisor)
        ctx.set_materialize_grads(False)
        return y, divisor

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[torch.Tensor | None, None]:
        y, divisor = ctx.saved_tensors
        of_y, of_divisor = gradients
        down = None
        if of_y is not None:
            down = (of_y - y * (of_y * y).mean(1, keepdim=True)) / divisor
        if of_divisor is not None:
            through_divisor = of_divisor * y / y.shape[1]
            down = through_divisor if down is None else down + through_divisor
        return down, None
