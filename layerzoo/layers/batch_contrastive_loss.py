"""BatchContrastiveLoss: near within a class, far between classes, over all pairs of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.distances import first_largest
from layerzoo.functional.loss import check_batch
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.layer import Layer, Shape, between, exactly, register
from layerzoo.schema import LayerParameter


@register
class BatchContrastiveLoss(Layer):
    """The mean over pairs of a batch of ``d - positive_margin`` in a class, ``negative_margin - d`` between.

    Each counts where it is above 0, with its weight. With ``max_only`` the loss is the sum of the largest of
    each kind. Only distances above the diagonal are read.

    Shapes: bottoms (N, N), distances, and N labels; tops () and optionally the mean distances in and between
    classes (2), which have no gradient. Source: ``batch_contrastive_loss_layer`` of happynear/caffe-windows
    (the value is that of its first pass: it adds to its loss without clearing it).
    """

    family = "loss"
    messages = ("batch_contrastive_loss_param",)
    bottoms = exactly(2)
    tops = between(1, 2)
    is_loss = True
    without_gradient = (1,)

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        if param.batch_contrastive_loss_param.max_only:
            return "half of the weights"
        return "divided by the number of items instead of pairs"

    @property
    def couples_samples(self) -> str | None:
        return "it compares the items of its batch"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        distances, labels = bottoms
        if len(distances) < 2 or distances[1] != distances[0] or prod(distances[2:]) != 1:
            raise LayerFault(f"distances of shape {distances}; expected (N, N)", bottom=0)
        if prod(labels) != distances[0]:
            raise LayerFault(f"labels of shape {labels} for {distances[0]} items", bottom=1)
        return [(), (2,)][: max(1, len(param.top))]

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.batch_contrastive_loss_param
        d, label = x.flatten(1), labels.detach().reshape(-1)
        count = d.shape[0]
        above = torch.ones_like(d, dtype=torch.bool).triu(1)
        same = above & (label[:, None] == label)
        other = above & ~same
        near = same & (d > p.positive_margin)
        far = other & (d < p.negative_margin)
        if p.max_only:
            near = near & _first(torch.where(near, d, -torch.inf))
            far = far & _first(torch.where(far, -d, -torch.inf))
        pull = torch.where(near, p.positive_weight * (d - p.positive_margin), 0).sum()
        push = torch.where(far, p.negative_weight * (p.negative_margin - d), 0).sum()
        pairs = 1 if p.max_only else max(1, count * (count - 1) / 2)
        items = 2 if p.max_only else max(1, count)
        loss = with_gradient_of((pull + push) / pairs, (pull + push) / items)
        if self.top_count < 2:
            return loss
        means = [torch.where(mask, d.detach(), 0).sum() / mask.sum() for mask in (same, other)]
        return loss, torch.stack(means)


def _first(x: torch.Tensor) -> torch.Tensor:
    """A mask of the first of the largest elements, by rows."""
    return first_largest(x.flatten(), 0).reshape(x.shape)
