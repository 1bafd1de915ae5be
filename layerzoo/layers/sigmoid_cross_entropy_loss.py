"""SigmoidCrossEntropyLoss: cross entropy of independent binary scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import check_batch, ignored, normalization, normalizer
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter, LossParameter


@register
class SigmoidCrossEntropyLoss(Layer):
    """Cross entropy of sigmoid: the sum of ``-t log s(x) - (1 - t) log(1 - s(x))``, normalised.

    Targets are probabilities, 0 to 1. Without ``normalization`` and ``normalize``, the sum is divided by the
    batch size (other losses: by the number of labels).

    Shapes: bottoms (N, ...) and as many targets; top (). Source: Caffe's
    ``sigmoid_cross_entropy_loss_layer``.
    """

    family = "loss"
    prediction = "Sigmoid"
    separate_labels = True
    messages = ("loss_param", "sigmoid_param")
    hints = ("sigmoid_param.engine",)
    bottoms = exactly(2)
    is_loss = True
    without_gradient = (1,)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.ignore = ignored(param.loss_param)
        self.mode = normalization(param.loss_param, LossParameter.BATCH_SIZE)
        self.fixed = param.loss_param.pre_fixed_normalizer

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.loss_param.HasField("normalization"):
            return {**cls.ignores, "loss_param.normalize": "normalization overrides it"}
        return cls.ignores

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        scores, targets = bottoms
        if prod(scores) != prod(targets):
            raise LayerFault(
                f"{prod(targets)} targets of shape {targets} for scores of shape {scores}", bottom=1
            )
        return [()]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 2 if bottom == 1 else None

    def forward(self, x: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        targets = targets.detach().reshape(x.shape)
        counts = valid = None
        if self.ignore is not None:
            # As in Caffe, a target is truncated to an integer before it is compared.
            counts = (targets.trunc() != self.ignore).to(x.dtype)
            valid = counts.sum()
        total = F.binary_cross_entropy_with_logits(x, targets, counts, reduction="sum")
        numbers = (x.shape[0], x.numel(), valid, self.clock.shared_count, self.fixed)
        return total / normalizer(self.mode, *numbers)
