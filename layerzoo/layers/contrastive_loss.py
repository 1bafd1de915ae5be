"""ContrastiveLoss: a small distance for similar pairs, at least a margin for others."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import check_batch
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class ContrastiveLoss(Layer):
    """Loss of siamese nets: ``sum(s d^2 + (1 - s) max(margin - d, 0)^2) / 2N`` with ``d = |a - b|``.

    ``s`` is 1 for a similar pair and 0 for a dissimilar one. With ``legacy_version`` the second term is
    ``max(margin - d^2, 0)``.

    Shapes: bottoms (N, C), (N, C) and N similarities; top (). Source: Caffe's ``contrastive_loss_layer``;
    Hadsell, Chopra and LeCun 2006.
    """

    family = "loss"
    messages = ("contrastive_loss_param",)
    bottoms = exactly(3)
    is_loss = True
    without_gradient = (2,)

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.margin = param.contrastive_loss_param.margin
        self.legacy = param.contrastive_loss_param.legacy_version

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        a, b, similar = bottoms
        for index, shape in enumerate((a, b)):
            if len(shape) < 2 or prod(shape[2:]) != 1 or shape[1] != a[1]:
                raise LayerFault(
                    f"bottoms of shapes {a} and {b}; both must be (N, C) with the same C", bottom=index
                )
        if prod(similar) != a[0] or similar[:1] != a[:1]:
            raise LayerFault(
                f"similarities of shape {similar} for {a[0]} pairs; expected one per pair", bottom=2
            )
        return [()]

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        return 2 if bottom == 2 else None

    def forward(self, a: torch.Tensor, b: torch.Tensor, similar: torch.Tensor) -> torch.Tensor:
        squared = (a - b.reshape(a.shape)).flatten(1).square().sum(1)
        apart = torch.relu(self.margin - squared) if self.legacy else _apart(squared, self.margin)
        # As in Caffe, a similarity is truncated to an integer first: 0.5 means "not similar".
        is_similar = similar.detach().reshape(-1).trunc() != 0
        return torch.where(is_similar, squared, apart).sum() / (2 * max(1, a.shape[0]))


def _apart(squared: torch.Tensor, margin: float) -> torch.Tensor:
    """``max(margin - d, 0)^2`` from ``d^2``, with Caffe's gradient, which is finite at d = 0."""
    distance = squared.detach().sqrt()
    shortfall = torch.relu(margin - distance)
    slope = shortfall / (distance + 1e-4)
    return shortfall.square() - slope * (squared - squared.detach())
