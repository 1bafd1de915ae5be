"""SoftContrastiveLoss: near to the own class, a margin away from a soft minimum of the others."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.functional.distances import distance_loss_shapes, own_class
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import GeneralContrastiveParameter, LayerParameter

_THRESHOLD = "positive_outlier_thresh"


@register
class SoftContrastiveLoss(LabelCheck, Layer):
    """The mean over items of the distance to the own class over a margin, and a soft minimum of the others.

    The first is ``positive_weight min(max(d - positive_margin, 0), positive_outlier_thresh)``, the second
    ``log sum exp(negative_weight (negative_margin - d))`` over the other classes inside their margin. Both
    are of squares with ``square``, whose gradient lacks factors. ``positive_outlier_thresh`` is that of
    ``general_contrastive_loss_param``. A third bottom weights the gradients of items, not their loss.

    Shapes: bottoms (N, classes), distances, N labels, and optionally N weights; tops () and optionally the
    mean distances over and inside the margins (2), which have no gradient. Source:
    ``soft_contrastive_loss_layer`` of happynear/caffe-windows (the value is that of its first pass: it adds
    to its loss without clearing it).
    """

    family = "loss"
    messages = ("soft_contrastive_loss_param", "general_contrastive_loss_param")
    ignores = {"soft_contrastive_loss_param.exponent_scale": "negative_weight is used in its place"} | {
        f"general_contrastive_loss_param.{field.name}": f"only {_THRESHOLD} is"
        for field in GeneralContrastiveParameter.DESCRIPTOR.fields
        if field.name != _THRESHOLD
    }
    bottoms = between(2, 3)
    tops = between(1, 2)
    is_loss = True
    without_gradient = (1, 2)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.has_surrogate = self.surrogate_gradient(param) is not None

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if len(param.bottom) > 2:
            return "weighted by the third bottom, unlike the loss"
        if param.soft_contrastive_loss_param.square:
            return "half of that of squares, and without the margin of the own class"
        return None

    @property
    def couples_samples(self) -> str | None:
        return "the weights are divided by the mean of its batch" if len(self.param.bottom) > 2 else None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return distance_loss_shapes(bottoms, len(param.top), weights="weight")

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return 1

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, *weights: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.soft_contrastive_loss_param
        limit = self.param.general_contrastive_loss_param.positive_outlier_thresh
        flat = x.flatten(1)
        count, classes = flat.shape
        own = own_class(flat, self.indices(labels, classes).reshape(-1))
        d = torch.where(own, flat, 0).sum(1)
        over = (d - p.positive_margin).clamp(min=0, max=limit)
        inside = ~own & (flat < p.negative_margin)
        short = torch.where(inside, p.negative_margin - flat, 0)
        power = 2 if p.square else 1
        exponents = torch.where(inside, p.negative_weight * short**power, -torch.inf)
        some = inside.any(1)
        soft = torch.where(some[:, None], exponents, 0).logsumexp(1)
        soft = torch.where(some, soft, 0)
        loss = (p.positive_weight * over**power + soft).sum() / max(1, count)
        if self.has_surrogate:
            pulls = (d > p.positive_margin) & (d < limit)
            pull = p.positive_weight * torch.where(pulls, d**power / power, 0)
            cost = pull + soft / power
            for weight in weights:
                share = weight.detach().reshape(-1)
                cost = cost * (share / share.mean())
            loss = with_gradient_of(loss, cost.sum() / max(1, count))
        if self.top_count < 2:
            return loss
        figures = torch.stack([over.sum(), short.sum() / (classes - 1 or torch.nan)])
        return loss, figures.detach() / max(1, count)
