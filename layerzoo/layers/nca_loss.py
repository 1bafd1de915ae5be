"""NCALoss: near to the own class, far from the others."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerzoo.functional.distances import distance_loss_shapes, own_class
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class NCALoss(LabelCheck, Layer):
    """The mean over items of the distance to the own class plus ``exp(-distance)`` of the other classes.

    With ``min_negative_only`` only the nearest other class counts; the search begins at class 0, also where
    that is the own. A third bottom weights the gradients of items, not their loss.

    Shapes: bottoms (N, classes), distances, N labels, and optionally N weights; tops () and optionally the
    mean distances to the own class and to the others (2), which have no gradient. Source: ``nca_loss_layer``
    of happynear/caffe-windows (the value is that of its first pass: it adds to its loss without clearing it);
    Goldberger, Roweis, Hinton and Salakhutdinov 2004.
    """

    family = "loss"
    messages = ("nca_param",)
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
        if param.nca_param.min_negative_only:
            return "where class 0 is an item's own and nearest, that of the other classes alone"
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
        flat = x.flatten(1)
        count, classes = flat.shape
        own = own_class(flat, self.indices(labels, classes).reshape(-1))
        away = (-flat).exp()
        if self.param.nca_param.min_negative_only:
            first = torch.arange(classes, device=x.device) == 0
            nearest = torch.where(~own | first, flat.detach(), torch.inf).argmin(1, keepdim=True)
            counted = torch.arange(classes, device=x.device) == nearest
            value = torch.where(own, flat, 0) + torch.where(counted, away, 0)
            cost = torch.where(counted, away, torch.where(own, flat, 0))
        else:
            value = cost = torch.where(own, flat, away)
        loss = value.sum() / max(1, count)
        if self.has_surrogate:
            for weight in weights:
                share = weight.detach().reshape(-1, 1)
                cost = cost * (share / share.mean())
            loss = with_gradient_of(loss, cost.sum() / max(1, count))
        if self.top_count < 2:
            return loss
        near = torch.where(own, flat.detach(), 0).sum()
        far = torch.where(own, 0, flat.detach()).sum() / (classes - 1 or torch.nan)
        return loss, torch.stack([near, far]) / max(1, count)
