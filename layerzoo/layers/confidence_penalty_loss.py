"""ConfidencePenaltyLoss: cross entropy with a share for the other classes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LOG_FLOOR, LabelCheck, check_batch
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class ConfidencePenaltyLoss(LabelCheck, Layer):
    """Cross entropy with a share ``beta`` for the other classes, over probabilities.

    The mean of ``-(1 - beta) log p[label] - beta / (N - 1) sum log p[other]``, N being the batch size, as in
    the fork (one expects the number of classes there).

    Shapes: bottoms (N, ...), probabilities, and N labels; top (). Source: ``confidence_penalty_loss_layer``
    of happynear/caffe-windows; Pereyra, Tucker, Chorowski, Kaiser and Hinton 2017.
    """

    family = "loss"
    messages = ("confidence_penalty_loss_param",)
    bottoms = exactly(2)
    is_loss = True
    without_gradient = (1,)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        probabilities, labels = bottoms
        if len(probabilities) < 2 or prod(labels) != probabilities[0]:
            raise LayerFault(
                f"probabilities of shape {probabilities} and labels of shape {labels}; expected (N, classes) "
                "and (N)",
                bottom=1 if len(probabilities) > 1 else 0,
            )
        if probabilities[0] == 1:
            raise LayerFault("a batch of one item; the loss divides by the batch size minus 1", bottom=0)
        return [()]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return prod(shapes[0][1:]) if bottom == 1 else None

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        p = x.flatten(1)
        target = self.indices(labels, p.shape[1]).reshape(-1, 1)
        own = torch.arange(p.shape[1], device=p.device) == target
        beta = self.param.confidence_penalty_loss_param.beta
        weight = torch.where(own, 1 - beta, beta / max(1, p.shape[0] * self.clock.processes - 1)).to(p.dtype)
        bounded = p + (p.clamp(min=LOG_FLOOR) - p).detach()
        return -(weight * bounded.log()).sum() / max(1, p.shape[0])
