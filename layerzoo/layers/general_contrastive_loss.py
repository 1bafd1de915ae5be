"""GeneralContrastiveLoss: near to the own class, a margin away from the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.functional.distances import distance_loss_shapes, first_largest, own_class
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.functional.transforms import store
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class GeneralContrastiveLoss(LabelCheck, Layer):
    """The mean over items of ``d - positive_margin`` for the own class, ``negative_margin - d`` for others.

    Each counts where it is above 0, with its weight. With ``exp_negative_weight`` another class inside the
    margin costs ``exp(-d)``. With ``add_intra_mae`` a running mean of the distance to the own class widens
    the margin: it is part of the state of a run. A third bottom holds the distances that are read; the
    gradient goes to the first.

    Shapes: bottoms (N, classes), distances, N labels, and optionally (N, classes); tops () and optionally the
    mean distances over and inside the margins (2), and the running mean with ``add_intra_mae`` (3), which
    have no gradient. Source: ``general_contrastive_loss_layer`` of happynear/caffe-windows.
    """

    family = "loss"
    messages = ("general_contrastive_loss_param",)
    ignores = {"general_contrastive_loss_param.square": "distances are never squared"}  # noqa: RUF012
    bottoms = between(2, 3)
    tops = between(1, 2)
    is_loss = True
    without_gradient = (1, 2)
    intra_mae: torch.Tensor

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.normalizes = param.general_contrastive_loss_param.HasField("normalize_negative")
        self.has_surrogate = self.surrogate_gradient(param) is not None
        if param.general_contrastive_loss_param.add_intra_mae:
            self.register_buffer("intra_mae", torch.zeros(()), persistent=False)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        p, field = param.general_contrastive_loss_param, "general_contrastive_loss_param"
        unread = dict(cls.ignores)
        if not p.positive_first:
            unread[f"{field}.positive_upper_bound"] = "positive_first is not set"
        if not p.add_intra_mae:
            unread[f"{field}.max_negative_margin"] = "add_intra_mae is not set"
        return unread

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        p = param.general_contrastive_loss_param
        if len(param.bottom) > 2:
            return "that of the third bottom, for the first"
        if p.HasField("normalize_negative"):
            return "that of other classes is normalised"
        if p.positive_first:
            return "positive_weight for an own class farther than positive_upper_bound"
        if p.positive_weight < 0 or p.negative_weight < 0:
            return "that of the signed costs; the loss is the sum of their magnitudes"
        return None

    @property
    def couples_samples(self) -> str | None:
        p = self.param.general_contrastive_loss_param
        what = {
            "the nearest item of its batch counts": p.max_positive_only,
            "the margin follows the mean distance of its batch": p.add_intra_mae,
            "gradients are normalised over its batch": self.normalizes,
        }
        return next((text for text, applies in what.items() if applies), None)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        figures = 3 if param.general_contrastive_loss_param.add_intra_mae else 2
        return distance_loss_shapes(bottoms, len(param.top), figures)

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return 1

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, *read: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        p = self.param.general_contrastive_loss_param
        x = x.flatten(1)
        flat = with_gradient_of(read[0].reshape(x.shape), x) if read else x
        count, classes = flat.shape
        own = own_class(flat, self.indices(labels, classes).reshape(-1))
        d = flat.detach()
        margin = p.negative_margin + (self.intra_mae.clone() if p.add_intra_mae else 0)
        over = torch.where(own, (flat - p.positive_margin).clamp(min=0, max=p.positive_outlier_thresh), 0)
        inside = ~own & (d < margin)
        short = torch.where(inside, margin - flat, 0)
        pull = p.positive_weight * over
        push = p.negative_weight * (torch.where(inside, (-flat).exp(), 0) if p.exp_negative_weight else short)
        pulled = own & (d > p.positive_margin) & (d < p.positive_outlier_thresh)
        costs, slopes = self._counted(d, own, inside, pull, push, pulled)
        loss = torch.where(costs, pull + push, 0).abs().sum() / max(1, count)
        if self.has_surrogate:
            loss = with_gradient_of(loss, (flat * self._slope(d, own, slopes)).sum() / max(1, count))
        figures = [over.sum().detach() / max(1, count)]
        figures.append(short.sum().detach() / max(1, count) / (classes - 1 or torch.nan))
        if p.add_intra_mae:
            mean = (0.99 * self.intra_mae + 0.01 * figures[0]).clamp(max=p.max_negative_margin)
            figures.append(mean.to(x.dtype))
            store(self.intra_mae, mean.to(self.intra_mae.dtype))
        return (loss, torch.stack(figures)) if self.top_count > 1 else loss

    def _counted(
        self,
        d: torch.Tensor,
        own: torch.Tensor,
        inside: torch.Tensor,
        pull: torch.Tensor,
        push: torch.Tensor,
        pulled: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Masks of the elements that cost, and of those that have a gradient."""
        p = self.param.general_contrastive_loss_param
        costs, slopes = own | inside, pulled | inside
        near = torch.where(own, d, 0).sum(1, keepdim=True)
        if p.max_negative_only:  # the fork's search begins at class 0, also where that is the own
            first = torch.arange(d.shape[1], device=d.device) == 0
            nearest = first_largest(torch.where(inside | first, pull + push, -torch.inf), 1)
            costs, slopes = costs & (own | nearest), slopes & (own | nearest)
        if p.max_positive_only:  # the fork's search finds the smallest
            cheapest = first_largest(-torch.where(own, pull, 0).sum(1, keepdim=True), 0)
            costs, slopes = costs & (~own | cheapest), slopes & (~own | cheapest)
        if p.positive_first:
            skipped = near > p.positive_upper_bound
            costs, slopes = costs & (own | ~skipped), torch.where(skipped, own, slopes)
        return costs, slopes

    def _slope(self, d: torch.Tensor, own: torch.Tensor, slopes: torch.Tensor) -> torch.Tensor:
        """The gradient of each distance, times the number of items."""
        p = self.param.general_contrastive_loss_param
        push = -p.negative_weight * ((-d).exp() if p.exp_negative_weight else torch.ones_like(d))
        push = torch.where(slopes & ~own, push, 0)
        if self.normalizes:
            size = push.sum().abs() / p.normalize_negative / max(1, d.shape[0])
            push = torch.where(size > p.positive_weight, push / size, push)
        return torch.where(own, p.positive_weight * slopes, push)
