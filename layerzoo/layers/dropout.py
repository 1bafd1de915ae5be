"""Dropout: random zeros while training."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter

_LEVELS = 1 << 16


@register
class Dropout(Layer):
    """Random zeros while training, for a net that doesn't lean on single values.

    In TRAIN each value is dropped with probability ``dropout_ratio`` and the others are scaled by
    ``1 / (1 - dropout_ratio)``; in TEST nothing happens. What is dropped depends on the seed, the number of
    the batch and the layer's name alone. The ratio is rounded to the nearest of 65,536 levels, and the scale
    with it, so that the mean is kept exactly.

    Shapes: bottom any, top the same. Source: Caffe's ``dropout_layer``; Srivastava et al. 2014.
    """

    family = "common"
    example = "dropout_ratio: 0.5"
    messages = ("dropout_param",)
    may_be_in_place = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.dropped = round(_ratio(param) * _LEVELS)
        self.scale = _LEVELS / max(1, _LEVELS - self.dropped)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        _ratio(param)
        return super().top_shapes(param, bottoms)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self._mask(x) if self.training and self.dropped else x

    def _mask(self, x: torch.Tensor) -> torch.Tensor:
        """0 or the scale, in the shape of x.

        Four 16-bit numbers out of each 64-bit draw: on a CPU several times faster than ``bernoulli_``.
        """
        words = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None, generator=self.generator(x.device))
        levels = words.view(torch.int16)[: x.numel()].view(x.shape)
        kept = torch.ge(levels, self.dropped - _LEVELS // 2, out=torch.empty_like(levels, dtype=x.dtype))
        return kept.mul_(self.scale)


def _ratio(param: LayerParameter) -> float:
    ratio = param.dropout_param.dropout_ratio
    if not 0 <= ratio < 1:
        raise LayerFault(
            f"dropout_ratio {ratio:g} is not in [0, 1)",
            field="dropout_param.dropout_ratio",
            hint="it is the share of values that are dropped",
        )
    return ratio
