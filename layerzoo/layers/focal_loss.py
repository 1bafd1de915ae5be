"""FocalLoss: cross entropy that well-classified items hardly add to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import (
    LabelCheck,
    check_batch,
    check_labels_fit,
    ignored,
    normalization,
)
from layerzoo.functional.sample_weights import check_sample_weights, normalised_sum, spread_weights
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import FocalLossParameter, LayerParameter, SoftmaxParameter

_LOWEST: Final = math.log(torch.finfo(torch.float32).tiny)
"""The logarithm of the smallest probability."""
_READ = ("axis", "engine")


@register
class FocalLoss(LabelCheck, Layer):
    """Focal loss of softmax: the sum of ``-(alpha - p)^gamma log(p)`` of labels, normalised.

    ``p`` is the probability of the label; with ``type: ONEADDP`` the factor is ``(alpha + p)^gamma``. A third
    bottom holds a weight for each label or for each sample.

    Shapes: bottoms (outer..., C, inner...), the labels, one for each outer and inner position, and optionally
    as many weights, or N; tops () and optionally the probabilities, which have no gradient. Source:
    ``focal_loss_layer`` of happynear/caffe-windows; Lin, Goyal, Girshick, He and Dollár 2017; weights are
    ours.
    """

    family = "loss"
    prediction = "Softmax"
    messages = ("focal_loss_param", "loss_param", "softmax_param")
    hints = ("softmax_param.engine",)
    ignores = {"focal_loss_param.beta": "no type uses it"} | {
        f"softmax_param.{field.name}": "FocalLoss doesn't use it"
        for field in SoftmaxParameter.DESCRIPTOR.fields
        if field.name not in _READ
    }
    bottoms = between(2, 3)
    tops = between(1, 2)
    is_loss = True
    without_gradient = (1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.ignore = ignored(param.loss_param)
        self.mode = normalization(param.loss_param)
        self.sign = 1 if param.focal_loss_param.type == FocalLossParameter.ONEADDP else -1

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if param.focal_loss_param.alpha == 1:
            return None
        return "that of alpha: 1, but for the power"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.focal_loss_param
        check_batch(bottoms)
        axis = _axis(param, bottoms[0])
        check_labels_fit(bottoms[0], bottoms[1], axis)
        if len(bottoms) > 2:
            check_sample_weights(bottoms[2], (*bottoms[0][:axis], *bottoms[0][axis + 1 :]), 2)
        if not p.gamma >= 0:
            raise LayerFault(f"gamma {p.gamma:g} is below 0", field="focal_loss_param.gamma")
        if not p.alpha > 0:
            raise LayerFault(f"alpha {p.alpha:g} must be above 0", field="focal_loss_param.alpha")
        return [(), bottoms[0]][: max(1, len(param.top))]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return param.softmax_param.axis

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        scores = x.flatten(0, self.axis - 1) if self.axis else x.unsqueeze(0)
        classes = scores.shape[1]
        target = self.indices(labels, classes, self.ignore).reshape(scores.shape[0], 1, *scores.shape[2:])
        valid = None if self.ignore is None else target != self.ignore
        taken = target if valid is None else target.where(valid, 0)
        losses = self._loss(scores.log_softmax(1).gather(1, taken).clamp(min=_LOWEST))
        if weights is not None:
            positions = (*x.shape[: self.axis], *x.shape[self.axis + 1 :])
            weights = spread_weights(weights, positions).reshape(losses.shape)
        fixed = self.param.loss_param.pre_fixed_normalizer
        loss = normalised_sum(losses, self.mode, weights, valid, self.clock.shared_count, fixed)
        return (loss, torch.softmax(x.detach(), self.axis)) if self.top_count > 1 else loss

    def _loss(self, log: torch.Tensor) -> torch.Tensor:
        """The loss of each label from the logarithm of its probability."""
        p = self.param.focal_loss_param
        probability = log.exp()
        if p.alpha == 1:
            # 1 - p may be 0, where a power below 1 has no slope
            return -((1 + self.sign * probability).clamp(min=1e-10) ** p.gamma) * log
        power = (p.alpha + self.sign * probability) ** p.gamma
        rest = (1 + self.sign * probability).clamp(min=1e-10)
        slope = self.sign * p.gamma * power / rest * log * probability + power
        return with_gradient_of(-power * log, -slope.detach() * log)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.softmax_param.axis, len(shape), "softmax_param.axis")
