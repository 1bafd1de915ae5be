"""ChannelNorm: the length of the vector of channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer, Shape, register
from layerzoo.schema import LayerParameter


@register
class ChannelNorm(Layer):
    """The root of the sum of squares over channels; its gradient is 0 where all channels are 0.

    Shapes: bottom (N, C, H, W), top (N, 1, H, W). Source: ``channel_norm_layer`` of lmb-freiburg/flownet2;
    Ilg et al. 2017 (FlowNet 2).
    """

    family = "normalisation"
    stays_fp32 = True

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        (shape,) = bottoms
        if len(shape) != 4:
            raise LayerFault(f"bottom of shape {shape}; expected (N, C, H, W)", bottom=0)
        return [(shape[0], 1, *shape[2:])]

    def forward(self, x: Tensor) -> Tensor:
        squared = x.square().sum(1, keepdim=True)
        # the root has no derivative at 0
        return torch.where(squared == 0, 0, torch.where(squared == 0, 1, squared).sqrt())
