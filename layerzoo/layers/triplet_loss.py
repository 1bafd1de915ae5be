"""TripletLoss: a positive nearer to its anchor than a negative."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import check_batch
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class TripletLoss(Layer):
    """A positive nearer to its anchor than a negative: ``sum max(margin + |a-p|^2 - |a-n|^2, 0) / 2N``.

    Shapes: bottoms (N, C), the anchors, the positives and the negatives; top (). Source:
    ``triplet_loss_layer`` of happynear/caffe-windows; Schroff, Kalenichenko and Philbin 2015.
    """

    family = "loss"
    messages = ("triplet_loss_param",)
    bottoms = exactly(3)
    is_loss = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        for index, shape in enumerate(bottoms):
            if len(shape) < 2 or prod(shape[2:]) != 1 or shape[:2] != bottoms[0][:2]:
                raise LayerFault(
                    f"bottoms of shapes {', '.join(map(str, bottoms))}; expected three of (N, C)",
                    bottom=index,
                )
        return [()]

    def forward(self, anchor: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        a, p, n = anchor.flatten(1), positive.flatten(1), negative.flatten(1)
        apart = (a - p).square().sum(1) - (a - n).square().sum(1)
        return (self.param.triplet_loss_param.margin + apart).relu().sum() / (2 * max(1, a.shape[0]))
