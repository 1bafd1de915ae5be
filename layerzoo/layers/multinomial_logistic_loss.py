"""MultinomialLogisticLoss: log loss of a classifier's probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.functional.loss import LOG_FLOOR, LabelCheck, check_batch, check_labels_fit
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class MultinomialLogisticLoss(LabelCheck, Layer):
    """Log loss of probabilities: ``-sum(log max(p[label], 1e-20)) / N``.

    For scores use SoftmaxWithLoss, which is numerically stable. As in Caffe, the gradient is
    ``-1 / max(p, 1e-20)`` also below the bound.

    Shapes: bottoms (N, C...), whose axes after the first are flattened to classes, and N labels; top ().
    Source: Caffe's ``multinomial_logistic_loss_layer``.
    """

    family = "loss"
    bottoms = exactly(2)
    is_loss = True
    without_gradient = (1,)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        check_labels_fit((bottoms[0][0], prod(bottoms[0][1:])), bottoms[1], 1)
        return [()]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return 1

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        scores = x.flatten(1) if x.dim() > 1 else x.unsqueeze(1)
        p = scores.gather(1, self.indices(labels, scores.shape[1]).reshape(-1, 1))
        bounded = p + (p.clamp(min=LOG_FLOOR) - p).detach()
        return -bounded.log().sum() / max(1, x.shape[0])
