"""HingeLoss: the loss of a one-against-all support vector machine."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.functional.loss import LabelCheck, check_batch, check_labels_fit
from layerzoo.functional.sample_weights import check_sample_weights, spread_weights
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import HingeLossParameter, LayerParameter


@register
class HingeLoss(LabelCheck, Layer):
    """Hinge loss: ``sum(max(0, 1 - s x)^p) / N``, where s is 1 for the label's score and -1 for the others.

    p is 1 for ``norm: L1``, 2 for ``norm: L2``. A third bottom holds a weight for each item; the divisor
    stays N.

    Shapes: bottoms (N, C...), whose axes after the first are flattened to classes, N labels, and optionally N
    weights; top (). Source: Caffe's ``hinge_loss_layer``; weights are ours.
    """

    family = "loss"
    messages = ("hinge_loss_param",)
    bottoms = between(2, 3)
    is_loss = True
    without_gradient = (1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.squared = param.hinge_loss_param.norm == HingeLossParameter.L2

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        check_labels_fit((bottoms[0][0], prod(bottoms[0][1:])), bottoms[1], 1)
        if len(bottoms) > 2:
            check_sample_weights(bottoms[2], bottoms[0][:1], 2)
        return [()]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return 1

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        scores = x.flatten(1) if x.dim() > 1 else x.unsqueeze(1)
        target = self.indices(labels, scores.shape[1]).reshape(-1, 1)
        sign = torch.ones_like(scores).scatter_(1, target, -1.0)
        shortfall = torch.relu(1 + sign * scores)
        losses = shortfall.square() if self.squared else shortfall
        if weights is not None:
            losses = losses * spread_weights(weights, (x.shape[0], 1))
        return losses.sum() / max(1, x.shape[0])
