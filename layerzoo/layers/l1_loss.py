"""L1Loss: absolute errors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, between, register
from layerzoo.schema import LayerParameter


@register
class L1Loss(Layer):
    """The sum of absolute differences, per image; of one bottom, of its absolute values.

    NaN, as in a label that is unknown, counts as 0, and so does a difference below ``plateau``. With
    ``l2_per_location`` the length of the vector of channels takes the place of absolute values: the root of
    the sum of squares plus ``epsilon``.

    Shapes: one or two bottoms of one shape, (N, C, H, W) or any that begins with N; top (). Source:
    ``l1_loss_layer`` of lmb-freiburg/flownet2 and of NVIDIA's Caffe; Dosovitskiy et al. 2015 (FlowNet).
    """

    family = "loss"
    messages = ("l1_loss_param",)
    bottoms = between(1, 2)
    is_loss = True
    regresses = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if bottoms[0] != bottoms[-1] or not bottoms[0]:
            raise LayerFault(
                f"bottoms of shapes {bottoms[0]} and {bottoms[-1]}; both must be equal, and begin with N",
                bottom=len(bottoms) - 1,
            )
        if param.l1_loss_param.l2_per_location and len(bottoms[0]) < 2:
            raise LayerFault(
                f"bottom of shape {bottoms[0]} has no channels", field="l1_loss_param.l2_per_location"
            )
        return [()]

    def forward(self, x: Tensor, target: Tensor | None = None) -> Tensor:
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
            return torch.where(errors < p.plateau, 0, errors).sum() / divisor
        squares = difference.square()
        squared = squares.mean(1) if p.l2_prescale_by_channels else squares.sum(1)
        squared = torch.where(squared < p.plateau**2, 0, squared)
        return (squared + p.epsilon).sqrt().sum() / divisor
