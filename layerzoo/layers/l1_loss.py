"""L1Loss: absolute errors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.sample_weights import check_sample_weights, spread_weights
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class L1Loss(Layer):
    """The sum of absolute differences, per image; of one bottom, of its absolute values.

    NaN, as in a label that is unknown, counts as 0, and so does a difference below ``plateau``. With
    ``l2_per_location`` the length of the vector of channels takes the place of absolute values: the root of
    the sum of squares plus ``epsilon``. A third bottom holds a weight for each value, or with
    ``l2_per_location`` for each location, or for each image; the divisor stays.

    Shapes: one or two bottoms of one shape, (N, C, H, W) or any that begins with N, and optionally the
    weights; top (). Source: ``l1_loss_layer`` of lmb-freiburg/flownet2 and of NVIDIA's Caffe; Dosovitskiy et
    al. 2015 (FlowNet); weights are ours.
    """

    family = "loss"
    messages = ("l1_loss_param",)
    bottoms = between(1, 3)
    is_loss = True
    regresses = True
    without_gradient = (2,)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        first, second = bottoms[0], bottoms[min(1, len(bottoms) - 1)]
        if first != second or not first:
            raise LayerFault(
                f"bottoms of shapes {first} and {second}; both must be equal, and begin with N",
                bottom=min(1, len(bottoms) - 1),
            )
        by_location = param.l1_loss_param.l2_per_location
        if by_location and len(first) < 2:
            raise LayerFault(
                f"bottom of shape {first} has no channels", field="l1_loss_param.l2_per_location"
            )
        if len(bottoms) > 2:
            check_sample_weights(bottoms[2], (first[0], *first[2:]) if by_location else first, 2)
        return [()]

    def forward(self, x: Tensor, target: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
        p = self.param.l1_loss_param
        difference = x if target is None else x - target
        unknown = difference.isnan()
        difference = torch.where(unknown, 0, difference)
        divisor: Tensor | int = max(1, x.shape[0])
        if p.normalize_by_num_entries:
            channels = x.shape[1] if x.dim() > 1 else 1
            known = (~unknown).sum().to(x.dtype)
            divisor = torch.where(known == 0, 1, known / max(1, channels))
        if not p.l2_per_location:
            errors = difference.abs()
            return self._weighted(torch.where(errors < p.plateau, 0, errors), weights).sum() / divisor
        squares = difference.square()
        squared = squares.mean(1) if p.l2_prescale_by_channels else squares.sum(1)
        squared = torch.where(squared < p.plateau**2, 0, squared)
        return self._weighted((squared + p.epsilon).sqrt(), weights).sum() / divisor

    def _weighted(self, errors: Tensor, weights: Tensor | None) -> Tensor:
        return errors if weights is None else errors * spread_weights(weights, tuple(errors.shape))
