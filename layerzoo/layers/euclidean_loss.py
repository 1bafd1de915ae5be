"""EuclideanLoss: half of the mean squared distance."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import check_batch
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class EuclideanLoss(Layer):
    """Loss for regression: ``sum((a - b)^2) / 2N``. Both bottoms get a gradient.

    Shapes: bottoms (N, ...) with equal numbers of values per item; top (). Source: Caffe's
    ``euclidean_loss_layer``.
    """

    family = "loss"
    bottoms = exactly(2)
    is_loss = True
    regresses = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        a, b = bottoms
        if prod(a[1:]) != prod(b[1:]):
            raise LayerFault(
                f"bottoms of shapes {a} and {b}, so {prod(a[1:])} and {prod(b[1:])} values per item; "
                "they must be equal",
                bottom=1,
            )
        return [()]

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (a - b.reshape(a.shape)).square().sum() / (2 * max(1, a.shape[0]))
