"""EuclideanLoss: half of the mean squared distance."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import check_batch
from layerzoo.functional.sample_weights import check_sample_weights, spread_weights
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class EuclideanLoss(Layer):
    """Loss for regression: ``sum((a - b)^2) / 2N``. Both bottoms get a gradient.

    A third bottom holds a weight for each value or for each item, by which its squares are multiplied; the
    divisor stays 2N.

    Shapes: bottoms (N, ...) with equal numbers of values per item, and optionally as many weights, or N;
    top (). Source: Caffe's ``euclidean_loss_layer``; weights are ours.
    """

    family = "loss"
    bottoms = between(2, 3)
    is_loss = True
    convex_loss = True
    regresses = True
    without_gradient = (2,)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        a, b = bottoms[:2]
        if prod(a[1:]) != prod(b[1:]):
            raise LayerFault(
                f"bottoms of shapes {a} and {b}, so {prod(a[1:])} and {prod(b[1:])} values per item; "
                "they must be equal",
                bottom=1,
            )
        if len(bottoms) > 2:
            check_sample_weights(bottoms[2], a, 2)
        return [()]

    def forward(self, a: torch.Tensor, b: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        squares = (a - b.reshape(a.shape)).square()
        if weights is not None:
            squares = squares * spread_weights(weights, tuple(a.shape))
        return squares.sum() / (2 * max(1, a.shape[0]))
