"""SoftmaxWithLoss: cross entropy of a classifier's scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

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
from layerzoo.functional.sample_weights import spread_weights
from layerzoo.functional.weighted_loss import (
    GPU_FIELDS,
    Weighting,
    check_weights,
    surrogate_of_weights,
    unread_weights,
)
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter, LossParameter

_NEVER_A_LABEL = -(2**40)


@register
class SoftmaxWithLoss(LabelCheck, Layer):
    """Multinomial logistic loss of softmax: the sum of ``-log softmax(x)[label]``, normalised.

    Caffe limits the loss of one label to 87.3, as its logarithm is of at least 1e-38; here it is not limited.
    The gradient is the same.

    ``class_weights`` (a list, or AUTO for the frequencies in the source), or ``class_weighting`` with
    ``weight_by_label_freqs``, multiplies the loss of each label by that of its class; ``label_smoothing``
    spreads a part of each label over all classes; with ``soft_labels``, labels of the shape of the scores are
    probabilities ``p``, whose loss is the sum of ``-p log softmax(x)``. A third bottom holds a weight for
    each label or for each sample; VALID then divides by the sum of the weights, in the gradient without
    ``class_weight``. With
    ``normalize_type: "L2"``, ``x / sqrt(sum of squares + 1e-6)`` takes the place of the softmax, and the
    gradient for x is that minus 1 at the label.

    Shapes: bottoms (outer..., C, inner...), the labels, one for each outer and inner position, and optionally
    as many weights, or N; tops () and optionally the probabilities (outer..., C, inner...) and, of R-FCN, the
    loss of each label in the shape of the labels, which have no gradient. Source: Caffe's
    ``softmax_loss_layer``; third top: daijifeng001/caffe-rfcn; class weights: SegNet's fork; label smoothing:
    the forks of NVIDIA and Intel (Szegedy et al. 2016); weights, ``class_weight`` and ``normalize_type``:
    caffe-windows.
    """

    family = "loss"
    prediction = "Softmax"
    messages = ("loss_param", "softmax_param")
    hints = ("softmax_param.engine",)
    ignores: ClassVar[Mapping[str, str]] = GPU_FIELDS
    reads_weights = True
    bottoms = between(2, 3)
    tops = between(1, 3)
    is_loss = True
    convex_loss = True
    without_gradient = (1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.classes = bottom_shapes[0][self.axis]
        self.ignore = ignored(param.loss_param)
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.top_count = max(1, len(param.top))
        self.weighting = Weighting(param, self.classes)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        unread = dict(unread_weights(param))
        if param.loss_param.HasField("normalization"):
            unread["loss_param.normalize"] = "normalization overrides it"
        return unread

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return surrogate_of_weights(param)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        axis = _axis(param, bottoms[0])
        if not _are_soft(param, bottoms):
            check_labels_fit(bottoms[0], bottoms[1], axis)
        check_weights(param, bottoms, axis)
        return [(), *bottoms[:2]][: max(1, len(param.top))]

    @classmethod
    def counted_classes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> int | None:
        return bottoms[0][_axis(param, bottoms[0])] if param.loss_param.auto_class_weights else None

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return param.softmax_param.axis

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        scores = x.flatten(0, self.axis - 1) if self.axis else x.unsqueeze(0)
        if weights is not None:
            positions = (*x.shape[: self.axis], *x.shape[self.axis + 1 :])
            weights = spread_weights(weights, positions).reshape(scores.shape[0], *scores.shape[2:])
        if self.weighting.soft and labels.shape == x.shape:
            target = labels.detach().reshape(scores.shape)
            loss = self.weighting.soft_loss(
                scores, target, weights, self.mode, self.clock.shared_count, self.fixed
            )
            return loss if self.top_count == 1 else (loss, torch.softmax(x.detach(), self.axis))
        target = self.indices(labels, self.classes, self.ignore)
        target = target.reshape(scores.shape[0], *scores.shape[2:])
        if self.weighting.used or weights is not None:
            loss = self.weighting.loss(
                scores, target, weights, self.ignore, self.mode, self.clock.shared_count, self.fixed
            )
        else:
            loss = self._loss(scores, target)
        if self.top_count == 1:
            return loss
        prob = self.weighting.probabilities(x.detach(), self.axis)
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


def _are_soft(param: LayerParameter, bottoms: Sequence[Shape]) -> bool:
    """Whether the labels are probabilities of the classes."""
    return param.loss_param.soft_labels and tuple(bottoms[0]) == tuple(bottoms[1])


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.softmax_param.axis, len(shape), "softmax_param.axis")
