"""SoftmaxWithLossOHEM: cross entropy, with the loss of each region for hard example mining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

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
from layerzoo.schema import LayerParameter


@register
class SoftmaxWithLossOHEM(LabelCheck, Layer):
    """Cross entropy of softmax, its probabilities and the loss of each label.

    The same function as SoftmaxWithLoss.

    Shapes: bottoms (outer..., C, inner...) and the labels, one for each outer and inner position; tops (),
    the probabilities (outer..., C, inner...) and the loss of each label in the shape of the labels; only the
    first has a gradient. Source: ``softmax_loss_ohem_layer`` of intel/caffe; Shrivastava et al. 2016, "Online
    hard example mining"; Dai et al. 2016, "R-FCN".
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
        losses = label_losses(scores, target, self.ignore)
        valid = None if self.ignore is None else (target != self.ignore).sum()
        counts = (scores.shape[0], target.numel(), valid, self.clock.shared_count, self.fixed)
        loss = losses.sum() / normalizer(self.mode, *counts)
        if self.top_count == 1:
            return loss
        tops = (loss, torch.softmax(x.detach(), self.axis), losses.detach().reshape(labels.shape))
        return tops[: self.top_count]


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.softmax_param.axis, len(shape), "softmax_param.axis")
