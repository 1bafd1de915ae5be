"""Cross entropy with weights of classes and labels, as forks of Caffe have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.constants import constant
from layerzoo.functional.loss import normalizer
from layerzoo.functional.sample_weights import check_sample_weights, normalised_sum
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.schema import LayerParameter, LossParameter, SoftmaxParameter

_NORM_EPS = 1e-6
_NORMS = ("L2", "L1")
"""Values of ``normalize_type``; caffe-windows takes the L2 norm for both."""
_PLAIN = SoftmaxParameter.DESCRIPTOR.fields_by_name["normalize_type"].default_value
GPU_FIELDS = dict.fromkeys(
    (
        "softmax_param.hard_ratio",
        "softmax_param.hard_mining_label",
        "softmax_param.cutting_point",
        "softmax_param.label_smooth_factor",
    ),
    "caffe-windows reads it on a GPU only; its CPU code, which is computed here, doesn't",
)
"""Fields that have no effect, and why."""


class Weighting:
    """The weights of a SoftmaxWithLoss layer.

    Args:
        param: the layer's message.
        classes: number of classes.

    Attributes:
        used: whether the loss isn't the plain one.
        soft: whether labels of the scores' shape are probabilities.
    """

    def __init__(self, param: LayerParameter, classes: int) -> None:
        loss, softmax = param.loss_param, param.softmax_param
        self.classes = classes
        self.by_norm = softmax.normalize_type in _NORMS
        self.smoothing = loss.label_smoothing
        self.soft = loss.soft_labels
        self.of_classes = list(loss.class_weights)
        if loss.weight_by_label_freqs:
            self.of_classes = list(loss.class_weighting)
        weights = list(softmax.class_weight)
        self.with_weights = weights if len(param.bottom) > 2 else []
        self.used = self.by_norm or bool(self.smoothing or self.of_classes)

    def loss(
        self,
        scores: torch.Tensor,
        target: torch.Tensor,
        weights: torch.Tensor | None,
        ignore: int | None,
        mode: int,
        shared_count: Callable[[torch.Tensor], torch.Tensor] | None,
        fixed: float = 1.0,
    ) -> torch.Tensor:
        """The weighted and normalised loss.

        Args:
            scores: (N, C, ...).
            target: labels, (N, ...).
            weights: of the labels, (N, ...); None if they have none.
            ignore: the label that doesn't count.
            mode: a `LossParameter.NormalizationMode`.
            shared_count, fixed: as for `normalizer`.
        """
        counted = torch.ones_like(target, dtype=torch.bool) if ignore is None else target != ignore
        label = torch.where(counted, target, 0)
        losses = self._losses(scores, label)
        if self.of_classes:
            losses = losses * constant(tuple(self.of_classes), losses.dtype, losses.device)[label]
        if weights is None or not self.with_weights:
            used = None if ignore is None else counted
            return normalised_sum(losses, mode, weights, used, shared_count, fixed)
        outer, size = len(target), target.numel()
        own = torch.where(counted, weights, 0)
        factor = own * constant(tuple(self.with_weights), own.dtype, own.device)[label]
        total = (losses * factor).sum()
        value = total / normalizer(mode, outer, size, factor.sum(), shared_count, fixed)
        if mode != LossParameter.VALID:
            return value
        # the fork's backward pass divides by the sum without the weights of classes
        return with_gradient_of(value, total / normalizer(mode, outer, size, own.sum(), shared_count))

    def soft_loss(
        self,
        scores: torch.Tensor,
        target: torch.Tensor,
        weights: torch.Tensor | None,
        mode: int,
        shared_count: Callable[[torch.Tensor], torch.Tensor] | None,
        fixed: float = 1.0,
    ) -> torch.Tensor:
        """The normalised loss for probabilities of the classes, weighted as that of single labels.

        Args:
            scores: (N, C, ...).
            target: the probabilities, (N, C, ...).
            weights: of the positions, (N, ...); None if they have none.
            mode: a `LossParameter.NormalizationMode`; every position is valid.
            shared_count, fixed: as for `normalizer`.
        """
        losses = -F.log_softmax(scores, 1)
        if self.smoothing:
            losses = (1 - self.smoothing) * losses + self.smoothing * losses.mean(1, keepdim=True)
        if self.of_classes:
            factors = constant(tuple(self.of_classes), losses.dtype, losses.device)
            losses = losses * factors.view(-1, *[1] * (losses.dim() - 2))
        return normalised_sum((losses * target).sum(1), mode, weights, None, shared_count, fixed)

    def probabilities(self, scores: torch.Tensor, axis: int) -> torch.Tensor:
        """The probabilities of the classes along an axis."""
        if not self.by_norm:
            return torch.softmax(scores, axis)
        return scores / (scores.square().sum(axis, keepdim=True) + _NORM_EPS).sqrt()

    def _losses(self, scores: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """The loss of each label; (N, ...)."""
        if not self.by_norm:
            return F.cross_entropy(scores, label, reduction="none", label_smoothing=self.smoothing)
        shares = self.probabilities(scores.detach(), 1)
        own = label.unsqueeze(1)
        value = -shares.gather(1, own).clamp(min=torch.finfo(torch.float32).tiny).log()
        gradient = shares.scatter_add(1, own, -torch.ones_like(value))
        return with_gradient_of(value[:, 0], (scores * gradient).sum(1))


def unread_weights(param: LayerParameter) -> Mapping[str, str]:
    """The fields of weights that have no effect, and why."""
    unread = dict(GPU_FIELDS)
    if len(param.bottom) < 3:
        unread["softmax_param.class_weight"] = "it needs a third bottom with the weights of the labels"
    if not param.loss_param.weight_by_label_freqs:
        unread["loss_param.class_weighting"] = "weight_by_label_freqs is not set"
    if param.softmax_param.normalize_type in _NORMS:
        unread["loss_param.label_smoothing"] = "normalize_type replaces the softmax"
    return unread


def surrogate_of_weights(param: LayerParameter) -> str | None:
    """What the backward pass computes instead of the derivative; None for the derivative."""
    if param.softmax_param.normalize_type in _NORMS:
        return "that of a softmax of the same probabilities"
    if param.softmax_param.class_weight and len(param.bottom) > 2:
        return "it divides by the sum of the weights without class_weight"
    return None


def check_weights(param: LayerParameter, bottoms: Sequence[tuple[int, ...]], axis: int) -> None:
    """Check the weights of classes and labels.

    Raises:
        LayerFault: their number is wrong, or a field's value.
    """
    loss, softmax, classes = param.loss_param, param.softmax_param, bottoms[0][axis]
    if not 0 <= loss.label_smoothing < 1:
        raise LayerFault(
            f"label_smoothing {loss.label_smoothing:g} is not in [0, 1)", field="loss_param.label_smoothing"
        )
    if softmax.HasField("normalize_type") and softmax.normalize_type not in (*_NORMS, _PLAIN):
        raise LayerFault(
            f"normalize_type '{softmax.normalize_type}'; expected {_PLAIN}, L2 or L1",
            field="softmax_param.normalize_type",
        )
    if loss.auto_class_weights and loss.class_weights:
        message = "auto_class_weights and class_weights exclude each other"
        raise LayerFault(message, field="loss_param.class_weights", hint="give one")
    if loss.weight_by_label_freqs and (loss.class_weights or loss.auto_class_weights):
        message = "weight_by_label_freqs and class_weights exclude each other"
        raise LayerFault(message, field="loss_param.weight_by_label_freqs", hint="give class_weights alone")
    of_weights = len(bottoms) > 2 and softmax.class_weight
    if loss.soft_labels and (of_weights or len(param.top) > 2 or softmax.normalize_type in _NORMS):
        message = "soft_labels with class_weight, a third top or normalize_type"
        raise LayerFault(message, field="loss_param.soft_labels", hint="remove one of them")
    if any(weight < 0 for weight in loss.class_weights):
        message = f"class_weights has {min(loss.class_weights):g}; weights are 0 or more"
        raise LayerFault(message, field="loss_param.class_weights")
    weighed = (
        ("loss_param.class_weights", loss.class_weights),
        ("loss_param.class_weighting", loss.class_weighting if loss.weight_by_label_freqs else ()),
        ("softmax_param.class_weight", softmax.class_weight if len(bottoms) > 2 else ()),
    )
    for field, weights in weighed:
        if weights and len(weights) != classes:
            raise LayerFault(f"{len(weights)} weights for {classes} classes", field=field)
    if len(bottoms) > 2:
        check_sample_weights(bottoms[2], (*bottoms[0][:axis], *bottoms[0][axis + 1 :]), 2)
