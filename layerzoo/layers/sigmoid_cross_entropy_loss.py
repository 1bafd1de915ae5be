"""SigmoidCrossEntropyLoss: cross entropy of independent binary scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import ClassVar

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import check_batch, ignored, normalization, normalizer
from layerzoo.functional.sample_weights import check_sample_weights, spread_weights
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.layer.shared_fields import without_weights
from layerzoo.schema import LayerParameter, LossParameter


@register
class SigmoidCrossEntropyLoss(Layer):
    """Cross entropy of sigmoid: the sum of ``-t log s(x) - (1 - t) log(1 - s(x))``, normalised.

    Targets are probabilities, 0 to 1. Without ``normalization`` and ``normalize``, the sum is divided by the
    batch size (other losses: by the number of labels). ``label_smoothing`` s makes targets
    ``(1 - s) t + s / 2``. A third bottom holds a weight for each score or for each sample; VALID then divides
    by the sum of the weights of all scores.

    Shapes: bottoms (N, ...), as many targets, and optionally as many weights, or N; top (). Source: Caffe's
    ``sigmoid_cross_entropy_loss_layer``; label smoothing and weights are ours.
    """

    family = "loss"
    prediction = "Sigmoid"
    separate_labels = True
    messages = ("loss_param", "sigmoid_param")
    hints = ("sigmoid_param.engine",)
    ignores: ClassVar[Mapping[str, str]] = {
        field: why for field, why in without_weights(("loss_param",)).items() if "smoothing" not in field
    }
    reads_weights = True
    bottoms = between(2, 3)
    is_loss = True
    convex_loss = True
    without_gradient = (1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.ignore = ignored(param.loss_param)
        self.mode = normalization(param.loss_param, LossParameter.BATCH_SIZE)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.smoothing = param.loss_param.label_smoothing

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.loss_param.HasField("normalization"):
            return {**cls.ignores, "loss_param.normalize": "normalization overrides it"}
        return cls.ignores

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        scores, targets = bottoms[:2]
        smoothing = param.loss_param.label_smoothing
        if not 0 <= smoothing < 1:
            raise LayerFault(
                f"label_smoothing {smoothing:g} is not in [0, 1)", field="loss_param.label_smoothing"
            )
        if prod(scores) != prod(targets):
            raise LayerFault(
                f"{prod(targets)} targets of shape {targets} for scores of shape {scores}", bottom=1
            )
        if len(bottoms) > 2:
            check_sample_weights(bottoms[2], scores, 2)
        return [()]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 2 if bottom == 1 else None

    def forward(
        self, x: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        targets = targets.detach().reshape(x.shape)
        counts = valid = None
        if weights is not None:
            counts = spread_weights(weights, tuple(x.shape)).to(x.dtype)
            valid = counts.sum()
        if self.ignore is not None:
            # As in Caffe, a target is truncated to an integer before it is compared.
            kept = (targets.trunc() != self.ignore).to(x.dtype)
            counts = kept if counts is None else counts * kept
            valid = counts.sum()
        if self.smoothing:
            targets = (1 - self.smoothing) * targets + self.smoothing / 2
        total = F.binary_cross_entropy_with_logits(x, targets, counts, reduction="sum")
        numbers = (x.shape[0], x.numel(), valid, self.clock.shared_count, self.fixed)
        return total / normalizer(self.mode, *numbers)
