"""SoftmaxWithLoss: cross entropy of a classifier's scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch.nn import functional as F

from layerzoo.functional.loss import (
    LabelCheck,
    check_batch,
    check_labels_fit,
    ignored,
    label_losses,
    normalization,
    normalizer,
)
from layerzoo.layer import Layer, Shape, between, canonical_axis, exactly, register
from layerzoo.schema import LayerParameter, LossParameter

_NEVER_A_LABEL = -(2**40)


@register
class SoftmaxWithLoss(LabelCheck, Layer):
    """Multinomial logistic loss of softmax: the sum of ``-log softmax(x)[label]``, normalised.

    Caffe limits the loss of one label to 87.3, as its logarithm is of at least 1e-38; here it is not limited.
    The gradient is the same.

    Shapes: bottoms (outer..., C, inner...) and the labels, one for each outer and inner position; tops ()
    and optionally the probabilities (outer..., C, inner...) and, of R-FCN, the loss of each label in the
    shape of the labels, which have no gradient. Source: Caffe's ``softmax_loss_layer``;
    daijifeng001/caffe-rfcn.
    """

    family = "loss"
    prediction = "Softmax"
    messages = ("loss_param", "softmax_param")
    hints = ("softmax_param.engine",)
    bottoms = exactly(2)
    tops = between(1, 3)
    is_loss = True
    without_gradient = (1,)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.classes = bottom_shapes[0][self.axis]
        self.ignore = ignored(param.loss_param)
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.top_count = max(1, len(param.top))

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.loss_param.HasField("normalization"):
            return {"loss_param.normalize": "normalization overrides it"}
        return {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        check_labels_fit(bottoms[0], bottoms[1], _axis(param, bottoms[0]))
        return [(), *bottoms][: max(1, len(param.top))]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return param.softmax_param.axis

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        scores = x.flatten(0, self.axis - 1) if self.axis else x.unsqueeze(0)
        target = self.indices(labels, self.classes, self.ignore)
        target = target.reshape(scores.shape[0], *scores.shape[2:])
        loss = self._loss(scores, target)
        if self.top_count == 1:
            return loss
        prob = torch.softmax(x.detach(), self.axis)
        if self.top_count == 2:
            return loss, prob
        return loss, prob, label_losses(scores.detach(), target, self.ignore).reshape(labels.shape)

    def _loss(self, scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        per_label = self.mode in (LossParameter.VALID, LossParameter.FULL)
        if self.ignore is None and per_label and target.numel():
            return F.cross_entropy(scores, target)
        ignore = _NEVER_A_LABEL if self.ignore is None else self.ignore
        total = F.cross_entropy(scores, target, ignore_index=ignore, reduction="sum")
        valid = None if self.ignore is None else (target != ignore).sum()
        counts = (scores.shape[0], target.numel(), valid, self.clock.shared_count, self.fixed)
        return total / normalizer(self.mode, *counts)


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.softmax_param.axis, len(shape), "softmax_param.axis")
