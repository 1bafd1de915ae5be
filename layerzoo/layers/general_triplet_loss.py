"""GeneralTripletLoss: nearer to the own class than to any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.functional.distances import distance_loss_shapes, first_largest, own_class
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class GeneralTripletLoss(LabelCheck, Layer):
    """The mean over items of ``negative_weight max(own distance + margin - d, 0)`` over the other classes.

    The gradient is of its own: ``-negative_weight`` for each other class inside the margin, and
    ``positive_weight`` for the own class, also without such a class if ``add_center_loss`` is set. A third
    bottom weights the gradients of items.

    Shapes: bottoms (N, classes), distances, N labels, and optionally N weights; tops () and optionally the
    mean distances to the own class and to the others (2), which have no gradient. Source:
    ``general_triplet_loss_layer`` of happynear/caffe-windows.
    """

    family = "loss"
    messages = ("general_triplet_loss_param",)
    bottoms = between(2, 3)
    tops = between(1, 2)
    is_loss = True
    without_gradient = (1, 2)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if param.general_triplet_loss_param.positive_first:
            return {}
        return {"general_triplet_loss_param.positive_upper_bound": "positive_first is not set"}

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        return "positive_weight for the own class, however many others are inside the margin"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        return distance_loss_shapes(bottoms, len(param.top), weights="weight")

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return 1

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, *weights: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.general_triplet_loss_param
        flat = x.flatten(1)
        count, classes = flat.shape
        own = own_class(flat, self.indices(labels, classes).reshape(-1))
        d = flat.detach()
        near = torch.where(own, d, 0).sum(1, keepdim=True)
        cost = torch.where(own, 0, (near + p.margin - d).relu() * p.negative_weight)
        pushed = ~own & (near + p.margin > d)
        stale = torch.zeros_like(cost)
        if p.hardest_only:
            hardest = first_largest(cost, 1) & (cost > 0)
            cost = torch.where(hardest, cost, 0)
            pushed = hardest & (d != 0)
            stale = torch.where(hardest & (d == 0), cost, 0)  # as the fork leaves it
        skipped = (
            near > p.positive_upper_bound if p.positive_first else torch.zeros_like(near, dtype=torch.bool)
        )
        cost = torch.where(skipped, 0, cost)
        pulled = own & (skipped | pushed.any(1, keepdim=True) | p.add_center_loss)
        slope = torch.where(skipped, 0, stale - p.negative_weight * pushed) + p.positive_weight * pulled
        for weight in weights:
            slope = slope * weight.detach().reshape(-1, 1)
        total = cost.abs().sum() / max(1, count)
        loss = with_gradient_of(total, (flat * slope).sum() / max(1, count))
        if self.top_count < 2:
            return loss
        far = torch.where(own, 0, d).sum() / (classes - 1 or torch.nan)
        return loss, torch.stack([near.sum(), far]) / max(1, count)
